import type { Fetch, Members } from '../answer.ts';
import { createDiscovery, type Discovery } from '../discovery.ts';
import type { Dpop } from '../dpop.ts';
import { TesseraError } from '../errors.ts';
import { checkedTokens } from '../id-token.ts';
import { type ClientStorage, memoryStorage, pageStorage } from '../storage.ts';
import { type TokenSet, tokenSetOf } from '../tokens.ts';
import { newSecret, s256, type WebCrypto } from '../web-crypto.ts';
import { connectAndSign } from './connect-and-sign.ts';
import { type PendingChallenge, pendingChallenges } from './pending-challenges.ts';
import { isOfOrigin, readSignInMessage, type SignInMessage } from './sign-in-message.ts';
import {
  accountOf,
  checkedSignature,
  type Eip1193Provider,
  isAddress,
  isChainId,
  isSameAccount,
  type WalletAccount,
} from './wallet-account.ts';
import { walletError } from './wallet-error.ts';
import type { AccountOfWallet, SignedMessage, WalletChallenge, WalletNonce } from './wallet-message.ts';
import { createWalletService } from './wallet-service.ts';

/** Options of a wallet login. On a page, only `issuer` and `clientId` are required. */
export interface WalletLoginOptions {
  /** The issuer identifier, exactly as the service has it: `https://login.example.com`. */
  readonly issuer: string;
  readonly clientId: string;
  /** Names separated by spaces; `offline_access` requests a refresh token. */
  readonly scope?: string | undefined;
  /** The APIs that the tokens are for. Source: RFC 8707. */
  readonly resourceIndicators?: readonly string[] | undefined;
  /** A line of the application's own in the message; ignored when the wallet writes it. */
  readonly statement?: string | undefined;
  /** Under the client's `wallet_origin`. */
  readonly uri?: string | undefined;
  readonly resources?: readonly string[] | undefined;
  /** The page's origin, which the message must name; `location.origin` by default. */
  readonly origin?: string | undefined;
  /** Whether the signature also needs a verifier that never leaves this client; true by default. */
  readonly codeVerifier?: boolean | undefined;
  /** `dpop()`: binds the tokens to its key. Source: RFC 9449. */
  readonly dpop?: Dpop | undefined;
  /**
   * Storage of messages that wait for their signature, with their verifiers: by default `sessionStorage`, so that a login survives
   * a reload of the page, or memory where that is missing or blocked.
   */
  readonly pending?: ClientStorage | undefined;
  /** The issuer's keys, for verifying ID tokens (scope `openid`). */
  readonly discovery?: Discovery | undefined;
  readonly fetch?: Fetch | undefined;
  readonly crypto?: WebCrypto | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** Tokens, and the account and chain that signed. */
export interface WalletTokens extends TokenSet {
  readonly address: string;
  readonly chainId: number;
}

/** Sign-In with Ethereum, step by step or at once. Every method throws only {@link TesseraError}. */
export interface WalletLogin {
  /**
   * Connects, requests a message, has it signed and redeems it. A message for the same account that an earlier page of this tab
   * has requested is signed instead: a phone may discard the page while its end-user is in the wallet.
   */
  readonly signIn: (wallet: Eip1193Provider | WalletAccount) => Promise<WalletTokens>;
  /** Connects and signs at once, when the wallet writes the message; for clients with `wallet_message: wallet`. Source: ERC-7846. */
  readonly connect: (provider: Eip1193Provider, chainId?: number) => Promise<WalletTokens>;
  /** Requests a message for this account, and checks it before anybody signs it. */
  readonly challenge: (account: AccountOfWallet) => Promise<WalletChallenge>;
  /** The newest message that waits for its signature, also one of an earlier page of this tab. Sends no request. */
  readonly waiting: () => Promise<WalletChallenge | undefined>;
  /** Requests a nonce for a message that the wallet writes. */
  readonly nonce: (chainId?: number) => Promise<WalletNonce>;
  /**
   * Redeems the signature of a message that was requested here. After `signature_mismatch`, and when the service could not
   * decide or be reached, the same message may be used again; after any other error it is gone. Retries while a node of the
   * account's chain is unavailable or the connection is lost.
   */
  readonly verify: (signed: SignedMessage) => Promise<WalletTokens>;
}

/** Sends no request until it is used. */
export function createWalletLogin(options: WalletLoginOptions): WalletLogin {
  const { crypto = globalThis.crypto, now = Date.now, codeVerifier: withVerifier = true } = options;
  const origin = options.origin ?? globalThis.location?.origin;
  const service = createWalletService(options);
  const discovery = options.discovery ?? createDiscovery({ issuer: options.issuer, fetch: options.fetch, now });
  const { clientId, issuer } = options;
  const { pending: storage = 'document' in globalThis ? pageStorage() : memoryStorage() } = options;
  const pending = pendingChallenges({ storage, key: `tessera.wallet.${clientId}@${issuer}`, now });

  /** The codeChallenge for the request, and the codeVerifier for the signature. */
  async function proofOfPossession() {
    if (!withVerifier) return [{}, {}] as const;
    const codeVerifier = newSecret(crypto);
    return [{ codeChallenge: await s256(crypto, codeVerifier) }, { codeVerifier }] as const;
  }

  const asked = {
    clientId,
    scope: options.scope,
    resourceIndicators: options.resourceIndicators,
  };

  async function challenge({ address, chainId }: AccountOfWallet): Promise<WalletChallenge> {
    const [commitment, proof] = await proofOfPossession();
    const { statement, uri, resources } = options;
    const body = { address, chainId, ...asked, statement, uri, resources, ...commitment };
    const issued = challengeOf(await service.post('/wallet/challenge', body));
    if (!isFor({ address, chainId }, issued)) throw walletError('message_unexpected');
    const { nonce } = issued;
    await pending.add({ nonce, challenge: issued, ...proof, expiresAt: now() + lifetimeOf(issued) });
    return issued;
  }

  /** Checked before it is signed: a malicious service must not get a message of its own signed through us. */
  function isFor({ address, chainId }: AccountOfWallet, issued: WalletChallenge): boolean {
    const said = readSignInMessage(issued.message);
    return (
      isSameAccount(address, issued.address) &&
      (chainId === undefined || chainId === issued.chainId) &&
      said !== undefined &&
      isSameAccount(address, said.address) &&
      said.chainId === issued.chainId &&
      said.nonce === issued.nonce &&
      (origin === undefined || isOfOrigin(said.domain, origin))
    );
  }

  async function unboundNonce(chainId?: number): Promise<WalletNonce> {
    const [commitment, proof] = await proofOfPossession();
    const issued = nonceOf(await service.post('/wallet/nonce', { ...asked, chainId, ...commitment }));
    const isExpected = chainId === issued.chainId && (origin === undefined || new URL(origin).host === issued.domain);
    if (!isExpected) throw walletError('message_unexpected');
    await pending.add({ nonce: issued.nonce, ...proof, expiresAt: now() + lifetimeOf(issued) });
    return issued;
  }

  async function verify({ message, signature }: SignedMessage): Promise<WalletTokens> {
    checkedSignature(signature);
    const said = readSignInMessage(message);
    if (said === undefined) throw walletError('wallet_answer_invalid');
    const waiting = await pending.take(said.nonce);
    try {
      return await redeem(waiting, { message, signature }, said);
    } catch (error) {
      if (error instanceof TesseraError && staysUsable(error)) await pending.add(waiting);
      throw error;
    }
  }

  async function redeem(waiting: PendingChallenge, signed: SignedMessage, said: SignInMessage): Promise<WalletTokens> {
    const { nonce: id, challenge: issued, codeVerifier, expiresAt } = waiting;
    if (issued !== undefined && issued.message !== signed.message) throw walletError('challenge_not_asked');
    const { signature } = signed;
    const proven = issued === undefined ? signed : { nonce: id, signature };
    const { answer, response } = await service.redeem({ ...proven, codeVerifier }, () => now() < expiresAt);
    const { address, chainId } = answer;
    // For a message that the wallet wrote, only this shows whose login it is.
    // Source: docs/http-api.md, section POST /wallet/nonce.
    if (!isAddress(address) || !isSameAccount(said.address, address)) throw walletError('account_mismatch');
    if (chainId !== said.chainId) throw walletError('account_mismatch');
    const { scope } = options;
    const tokens = await checkedTokens(tokenSetOf(answer, now(), scope), response, { clientId }, { discovery, crypto });
    if (tokens.claims !== undefined && !isAccountId(tokens.claims.sub, said)) throw walletError('account_mismatch');
    return { ...tokens, address, chainId: said.chainId };
  }

  return {
    challenge,
    waiting: pending.newest,
    nonce: unboundNonce,
    verify,
    async signIn(wallet) {
      const account = await accountOf(wallet);
      const earlier = await pending.ofEarlierPage(account);
      const { message } = earlier !== undefined && isFor(account, earlier) ? earlier : await challenge(account);
      return verify({ message, signature: await account.signMessage({ message }) });
    },
    async connect(provider, chainId = 1) {
      return verify(await connectAndSign(provider, await unboundNonce(chainId), chainId));
    },
  };
}

/** An EOA is the same account on every chain. Source: CAIP-10; docs/http-api.md, section Wallet model. */
function isAccountId(sub: string, { address, chainId }: SignInMessage): boolean {
  return ['1', String(chainId)].some((chain) => isSameAccount(sub, `eip155:${chain}:${address}`));
}

/**
 * True when the service keeps the challenge: it said so, or it could not decide, unless only its response was lost.
 * Source: docs/http-api.md, section Wallet model.
 */
function staysUsable({ code, reason }: TesseraError): boolean {
  return (
    code === 'temporarily_unavailable' ||
    code === 'service_unreachable' ||
    code === 'server_error' ||
    code === 'use_dpop_nonce' ||
    code === 'invalid_dpop_proof' ||
    reason === 'signature_mismatch' ||
    reason === 'signature_malformed'
  );
}

/** At most an hour, the service's limit for a challenge; computed from its own two times, since the local clock may be off. */
function lifetimeOf({ issuedAt, expirationTime }: Pick<WalletNonce, 'issuedAt' | 'expirationTime'>): number {
  const lifetime = Date.parse(expirationTime) - Date.parse(issuedAt);
  if (!(lifetime > 0 && lifetime <= 3_600_000)) throw walletError('message_unexpected');
  return lifetime;
}

function challengeOf(answer: Members): WalletChallenge {
  const { chainId } = answer;
  if (!isChainId(chainId)) throw walletError('message_unexpected');
  return { ...times(answer), message: textOf(answer, 'message'), address: textOf(answer, 'address'), chainId };
}

function nonceOf(answer: Members): WalletNonce {
  const { chainId, version, statement } = answer;
  if (version !== '1' || (chainId !== undefined && !isChainId(chainId))) throw walletError('message_unexpected');
  return {
    ...times(answer),
    domain: textOf(answer, 'domain'),
    uri: textOf(answer, 'uri'),
    version,
    ...(chainId !== undefined && { chainId }),
    ...(statement !== undefined && { statement: textOf(answer, 'statement') }),
  };
}

function times(answer: Members) {
  return {
    nonce: textOf(answer, 'nonce'),
    issuedAt: textOf(answer, 'issuedAt'),
    expirationTime: textOf(answer, 'expirationTime'),
  };
}

function textOf(answer: Members, name: string): string {
  const text = answer[name];
  if (typeof text !== 'string' || text === '') throw walletError('message_unexpected');
  return text;
}

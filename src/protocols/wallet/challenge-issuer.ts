import { Inject, Injectable } from '@nestjs/common';
import type { WalletChallenge, WalletLink, WalletLogin } from '../../domain/challenges/challenge';
import { ChallengeStore } from '../../domain/challenges/challenge-store';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { randomText } from '../../domain/credentials/random';
import type { IssuedChallenge } from './issued-challenge.openapi';
import { type SiweMessageFields, createSiweMessage } from './create-siwe-message';
import { WalletError } from './wallet-error';
import type { IssuedNonce } from './wallet.openapi';

/** The entropy of a nonce, in bits. */
export const nonceBits = 128;

/** The default chain is 1 if it may sign in, else the first that may. */
type Asked = Omit<SiweMessageFields, 'chainId' | 'nonce' | 'issuedAt' | 'expirationTime'> & {
  readonly chainId: number | undefined;
};
type RelyingParty = Pick<WalletChallenge, 'clientId' | 'scope' | 'audience'> & {
  /** The code_verifier's hash, which the signature must come with; API only, where the client holds both. */
  readonly codeChallenge?: string | undefined;
  /** Seconds; by default WALLET_CHALLENGE_TTL. */
  readonly lifetime?: number | undefined;
  /** The request's trace context, for the challenge. */
  readonly trace?: string | undefined;
};

/** Issues the challenges that a signature redeems, for the API, the login page and the account page. */
@Injectable()
export class ChallengeIssuer {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly challenges: ChallengeStore,
    private readonly clock: Clock,
  ) {}

  /** Saves the message byte for byte as it is returned. Throws: {@link WalletError}. */
  async issue(
    kind: Pick<WalletChallenge | WalletLogin, 'kind'> | Pick<WalletLink, 'kind' | 'sub'>,
    asked: Asked,
    party: RelyingParty,
  ): Promise<IssuedChallenge> {
    const { address } = asked;
    const chainId = asked.chainId ?? defaultChain(this.config.evmChains);
    const { id: nonce, clientId, ...others } = this.newChallenge(chainId, party);
    const { createdAt: issuedAt, expiresAt: expirationTime } = others;
    const message = await createSiweMessage({ ...asked, chainId, nonce, issuedAt, expirationTime });
    await this.challenges.save({ ...kind, id: nonce, wallet: address, chainId, clientId, message, ...others });
    return { nonce, message, address, chainId, ...timesOf(others) };
  }

  /** Issues a nonce without an address: the wallet writes the message with it. Throws: {@link WalletError}. */
  async issueNonce(
    { origin, chainId, statement }: Pick<Asked, 'origin' | 'chainId' | 'statement'>,
    party: RelyingParty,
  ): Promise<IssuedNonce> {
    const challenge = this.newChallenge(chainId, party);
    const handedOut = { ...(chainId !== undefined && { chainId }), ...(statement !== undefined && { statement }) };
    await this.challenges.save({ kind: 'wallet_nonce', ...challenge, ...handedOut });
    const { host } = new URL(origin);
    return { nonce: challenge.id, domain: host, uri: origin, version: '1', ...handedOut, ...timesOf(challenge) };
  }

  private newChallenge(
    chainId: number | undefined,
    { clientId, scope, audience, codeChallenge, lifetime, trace }: RelyingParty,
  ) {
    const { evmChains, walletChallengeTtl } = this.config;
    if (chainId !== undefined && !maySignIn(chainId, evmChains)) throw new WalletError('chain_unsupported');
    const createdAt = this.clock.now();
    return {
      // In hex, an alphabet that EIP-4361 allows in a nonce.
      id: randomText(nonceBits / 8, 'hex'),
      clientId,
      scope,
      ...(audience !== undefined && { audience }),
      ...(codeChallenge !== undefined && { codeChallenge }),
      createdAt,
      expiresAt: createdAt + (lifetime ?? walletChallengeTtl) * 1000,
      ...(trace !== undefined && { trace }),
    };
  }
}

function timesOf({ createdAt, expiresAt }: Pick<WalletChallenge, 'createdAt' | 'expiresAt'>) {
  return { issuedAt: new Date(createdAt).toISOString(), expirationTime: new Date(expiresAt).toISOString() };
}

/** Source: docs/http-api.md, section Wallet model. */
export function defaultChain(evmChains: readonly number[]): number {
  return maySignIn(1, evmChains) ? 1 : (evmChains[0] ?? 1);
}

/** Source: docs/settings.md, section EVM_CHAINS. */
export function maySignIn(chainId: number, evmChains: readonly number[]): boolean {
  return evmChains.length === 0 || evmChains.includes(chainId);
}

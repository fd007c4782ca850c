import { readSignInMessage, writeSignInMessage } from './sign-in-message.ts';
import { isAddress, isSameAccount } from './wallet-account.ts';
import { walletError } from './wallet-error.ts';
import { settledState, type WalletSession } from './wallet-session.ts';

/** A CAIP-2 chain id, as AppKit uses it. */
export type SiwxChain = `eip155:${string}`;

/** The fields of a message, by AppKit's names. Source: github.com/reown-com/appkit, SIWXMessage.Data. */
export interface SiwxMessageData<Chain extends string = SiwxChain> {
  accountAddress: string;
  chainId: Chain;
  domain: string;
  uri: string;
  version: string;
  nonce: string;
  statement?: string;
  issuedAt?: string;
  expirationTime?: string;
}

/** A signed message. Source: github.com/reown-com/appkit, SIWXSession. */
export interface SiwxSession<Chain extends string = SiwxChain> {
  data: SiwxMessageData<Chain>;
  message: string;
  signature: string;
}

/** The `siwx` option of AppKit's `createAppKit`. Source: github.com/reown-com/appkit, SIWXConfig. */
export interface AppKitSiwx<Chain extends string = SiwxChain> {
  readonly createMessage: (input: { accountAddress: string; chainId: Chain }) => Promise<SiwxMessageData<Chain>>;
  readonly addSession: (signed: SiwxSession<Chain>) => Promise<void>;
  readonly setSessions: (signed: SiwxSession<Chain>[]) => Promise<void>;
  readonly getSessions: (chainId: Chain, address: string) => Promise<SiwxSession<Chain>[]>;
  readonly revokeSession: (chainId: Chain, address: string) => Promise<void>;
}

/**
 * For `createAppKit({ siwx })`. By WalletConnect and by e-mail AppKit connects and signs in one step and the wallet writes the
 * message: for those the client needs `wallet_message: wallet`. AppKit shows that a login failed, but not why: see the `error`
 * of the session's `getSnapshot`.
 */
export function appKitSiwx<Chain extends string = SiwxChain>(session: WalletSession): AppKitSiwx<Chain> {
  /** The last redeemed session; its signature is not kept. */
  let redeemed: SiwxSession<Chain> | undefined;

  async function redeem({ data, message, signature }: SiwxSession<Chain>): Promise<void> {
    await session.verify({ message, signature });
    redeemed = { data, message, signature: '' };
  }

  return {
    async createMessage({ accountAddress, chainId }) {
      const chain = numberOf(chainId);
      // Before AppKit knows the account, this is empty or a placeholder for the wallet to replace.
      if (!isAddress(accountAddress)) return unaddressedMessage(session, accountAddress, chainId);
      const { message, nonce, issuedAt, expirationTime } = await session.challenge({
        address: accountAddress,
        chainId: chain,
      });
      const { domain = '', uri = '' } = readSignInMessage(message) ?? {};
      const data = { accountAddress, chainId, domain, uri, version: '1', nonce, issuedAt, expirationTime };
      return Object.assign(data, { toString: () => message });
    },
    addSession: redeem,
    async setSessions([first]) {
      if (first !== undefined) return redeem(first);
      redeemed = undefined;
      return session.signOut();
    },
    async getSessions(chainId, address) {
      const { tokens } = await settledState(session);
      if (tokens === undefined || !isSameAccount(tokens.address, address)) return [];
      return tokens.chainId === numberOf(chainId) ? [redeemed ?? sessionOfEarlierPage(chainId, address)] : [];
    },
    async revokeSession(chainId, address) {
      const { tokens } = await settledState(session);
      if (tokens === undefined || !isSameAccount(tokens.address, address)) return;
      if (tokens.chainId === numberOf(chainId)) await session.signOut();
    },
  };
}

/** AppKit asks for an existing session, whose signed message is gone with its page. */
function sessionOfEarlierPage<Chain extends string>(chainId: Chain, accountAddress: string): SiwxSession<Chain> {
  return {
    data: { accountAddress, chainId, domain: '', uri: '', version: '1', nonce: '' },
    message: '',
    signature: '',
  };
}

/** The fields for a message that the wallet writes. Source: EIP-4361, section Message Fields. */
async function unaddressedMessage<Chain extends string>(
  session: WalletSession,
  accountAddress: string,
  chainId: Chain,
): Promise<SiwxMessageData<Chain>> {
  const { chainId: asked, ...issued } = await session.nonce(numberOf(chainId));
  const message = { ...issued, chainId: asked ?? numberOf(chainId), address: accountAddress };
  return Object.assign({ ...issued, accountAddress, chainId }, { toString: () => writeSignInMessage(message) });
}

/** Source: CAIP-2, namespace eip155. */
function numberOf(chainId: string): number {
  const number = Number(/^eip155:([1-9]\d{0,14})$/.exec(chainId)?.[1]);
  if (Number.isNaN(number)) throw walletError('wallet_chain_unknown');
  return number;
}

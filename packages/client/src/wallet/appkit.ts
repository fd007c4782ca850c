import { readSignInMessage, writeSignInMessage } from './sign-in-message.ts';
import { isAddress, isSameAccount } from './wallet-account.ts';
import { walletError } from './wallet-error.ts';
import { settledState, type WalletSession } from './wallet-session.ts';

/** A chain by CAIP-2, as AppKit has them. */
export type SiwxChain = `eip155:${string}`;

/** What a message says, by AppKit's names. Source: github.com/reown-com/appkit, SIWXMessage.Data. */
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

/** A message that was signed. Source: github.com/reown-com/appkit, SIWXSession. */
export interface SiwxSession<Chain extends string = SiwxChain> {
  data: SiwxMessageData<Chain>;
  message: string;
  signature: string;
}

/** What AppKit's `createAppKit` takes as `siwx`. Source: github.com/reown-com/appkit, SIWXConfig. */
export interface AppKitSiwx<Chain extends string = SiwxChain> {
  readonly createMessage: (input: { accountAddress: string; chainId: Chain }) => Promise<SiwxMessageData<Chain>>;
  readonly addSession: (signed: SiwxSession<Chain>) => Promise<void>;
  readonly setSessions: (signed: SiwxSession<Chain>[]) => Promise<void>;
  readonly getSessions: (chainId: Chain, address: string) => Promise<SiwxSession<Chain>[]>;
  readonly revokeSession: (chainId: Chain, address: string) => Promise<void>;
}

/**
 * For `createAppKit({ siwx })`. By WalletConnect and by e-mail AppKit connects and signs in one go and the wallet writes the
 * message: for those the client needs `wallet_message: wallet`. AppKit shows that a login failed, and not why: that is the
 * `error` of the session's `getSnapshot`.
 */
export function appKitSiwx<Chain extends string = SiwxChain>(session: WalletSession): AppKitSiwx<Chain> {
  /** The last one that was redeemed; its signature is not kept. */
  let redeemed: SiwxSession<Chain> | undefined;

  async function redeem({ data, message, signature }: SiwxSession<Chain>): Promise<void> {
    await session.verify({ message, signature });
    redeemed = { data, message, signature: '' };
  }

  return {
    async createMessage({ accountAddress, chainId }) {
      const chain = numberOf(chainId);
      // Before it knows the account AppKit leaves it empty, or puts a text there for the wallet to replace.
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

/** AppKit asks whether there is one; what was signed for it is gone with its page. */
function sessionOfEarlierPage<Chain extends string>(chainId: Chain, accountAddress: string): SiwxSession<Chain> {
  return {
    data: { accountAddress, chainId, domain: '', uri: '', version: '1', nonce: '' },
    message: '',
    signature: '',
  };
}

/** What a wallet is to write itself. Source: EIP-4361, section Message Fields. */
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

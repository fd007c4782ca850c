import { type Hex, hexToString } from 'viem';
import { createSiweMessage } from 'viem/siwe';
import { type Account, newAccount } from '../../../../test/support/clients/wallet.ts';

/** The fields of a message that the page asks a wallet to write. Source: ERC-7846. */
export interface AskedMessage {
  readonly nonce: string;
  readonly chainId: Hex;
  readonly domain: string;
  readonly scheme?: string;
  readonly uri: string;
  readonly issuedAt: string;
  readonly expirationTime: string;
  readonly statement?: string;
}

export interface KeyProvider {
  readonly account: Account;
  /** The methods that it was asked for, in their order. */
  readonly asked: string[];
  request(args: { method: string; params?: unknown }): Promise<unknown>;
}

/** What a wallet answers to one method in place of what it would. */
export type Answers = Readonly<Record<string, (params: never) => unknown>>;

/** A wallet with a real key, as EIP-1193 and ERC-7846 have it; `instead` replaces its answers. */
export function keyProvider(account: Account = newAccount(), instead: Answers = {}): KeyProvider {
  const asked: string[] = [];
  const answers: Record<string, (params: never) => unknown> = {
    eth_requestAccounts: () => [account.address.toLowerCase()],
    eth_accounts: () => [account.address.toLowerCase()],
    eth_chainId: () => '0x1',
    personal_sign: ([message]: [Hex]) => account.signMessage({ message: hexToString(message) }),
    wallet_connect: ([{ capabilities }]: [{ capabilities: { signInWithEthereum: AskedMessage } }]) =>
      connected(account, capabilities.signInWithEthereum),
    ...instead,
  };
  return {
    account,
    asked,
    async request({ method, params }) {
      asked.push(method);
      const answer = answers[method];
      if (answer === undefined) throw Object.assign(new Error('unsupported'), { code: 4200 });
      return answer(params as never);
    },
  };
}

/** The answer of a wallet that wrote the message and signed it; `said` replaces fields of the message. */
export async function connected(account: Account, asked: AskedMessage, said: object = {}) {
  const { chainId, issuedAt, expirationTime, ...fields } = asked;
  const message = createSiweMessage({
    ...fields,
    version: '1',
    address: account.address,
    chainId: Number(chainId),
    issuedAt: new Date(issuedAt),
    expirationTime: new Date(expirationTime),
    ...said,
  });
  const signature = await account.signMessage({ message });
  return { accounts: [{ address: account.address, capabilities: { signInWithEthereum: { message, signature } } }] };
}

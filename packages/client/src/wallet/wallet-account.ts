import { member, walletError, wrappedWalletError } from './wallet-error.ts';

/** A wallet's provider in a page. Source: EIP-1193, sections request, Events. */
export interface Eip1193Provider {
  request(args: { readonly method: string; readonly params?: unknown }): Promise<unknown>;
  on?(event: string, listener: (value: unknown) => void): unknown;
  removeListener?(event: string, listener: (value: unknown) => void): unknown;
}

/** An account that can sign a text, such as viem's accounts, including its smart accounts. */
export interface WalletAccount {
  /** `0x` and 40 hex digits, in any case. */
  readonly address: string;
  /** The chain of the message; by default the service chooses. */
  readonly chainId?: number | undefined;
  /** EIP-191 `personal_sign` of the text, or what the account's code accepts for it (ERC-1271, ERC-6492). */
  signMessage(args: { readonly message: string }): Promise<string>;
}

const addressPattern = /^0x[0-9a-f]{40}$/i;
/** Shorter signatures prove nothing, longer ones the service refuses. Source: docs/http-api.md, section Wallet model. */
const signaturePattern = /^0x(?:[0-9a-f]{2}){32,8192}$/i;
/** Below 2^53. Source: EIP-1474, section Quantity. */
const quantityPattern = /^0x[0-9a-f]{1,13}$/i;

/** Asks a wallet for its account, or returns an account unchanged. Throws `wallet_error`. Source: EIP-1102; EIP-695. */
export async function accountOf(wallet: Eip1193Provider | WalletAccount): Promise<WalletAccount> {
  if (!('request' in wallet)) return { ...checkedAccount(wallet), signMessage: (args) => signedBy(wallet, args) };
  const accounts = await requestOf(wallet, 'eth_requestAccounts');
  const address = Array.isArray(accounts) ? (accounts[0] as unknown) : undefined;
  const account = checkedAccount({ address, chainId: chainIdOf(await requestOf(wallet, 'eth_chainId')) });
  return {
    ...account,
    async signMessage({ message }) {
      return checkedSignature(await requestOf(wallet, 'personal_sign', [hexOf(message), account.address]));
    },
  };
}

/** The wallet's result; its error becomes a `wallet_error`. */
export async function requestOf(
  provider: Eip1193Provider,
  method: string,
  params?: readonly unknown[],
): Promise<unknown> {
  try {
    return await provider.request({ method, ...(params !== undefined && { params }) });
  } catch (error) {
    throw wrappedWalletError(error);
  }
}

/** True when both are the same address, ignoring case. Source: EIP-55. */
export function isSameAccount(one: string, other: unknown): boolean {
  return typeof other === 'string' && one.toLowerCase() === other.toLowerCase();
}

export function isAddress(text: unknown): text is string {
  return typeof text === 'string' && addressPattern.test(text);
}

export function isChainId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

/** Throws unless the service would accept its form. */
export function checkedSignature(signature: unknown): string {
  if (typeof signature !== 'string' || !signaturePattern.test(signature)) throw walletError('wallet_answer_invalid');
  return signature;
}

/** A quantity, or the number that some wallets return instead. */
export function chainIdOf(answer: unknown): unknown {
  return typeof answer === 'string' && quantityPattern.test(answer) ? Number(answer) : answer;
}

function checkedAccount(account: unknown): { readonly address: string; readonly chainId?: number } {
  const [address, chainId] = [member(account, 'address'), member(account, 'chainId')];
  if (!isAddress(address) || (chainId !== undefined && !isChainId(chainId))) throw walletError('wallet_answer_invalid');
  return { address, ...(chainId !== undefined && { chainId }) };
}

async function signedBy(account: WalletAccount, { message }: { readonly message: string }): Promise<string> {
  try {
    return checkedSignature(await account.signMessage({ message }));
  } catch (error) {
    throw wrappedWalletError(error);
  }
}

/** As bytes: some wallets could not tell whether a text is hex itself. */
function hexOf(text: string): string {
  return `0x${Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

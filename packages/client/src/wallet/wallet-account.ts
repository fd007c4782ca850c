import { member, walletError, wrappedWalletError } from './wallet-error.ts';

/** A wallet as it shows itself to a page. Source: EIP-1193, section request. */
export interface Eip1193Provider {
  request(args: { readonly method: string; readonly params?: unknown }): Promise<unknown>;
}

/** An account that can sign a text: viem's accounts are such, its smart accounts among them. */
export interface WalletAccount {
  /** `0x` and 40 hex digits, in any case. */
  readonly address: string;
  /** For which the message is to be; without it the service chooses. */
  readonly chainId?: number | undefined;
  /** EIP-191 `personal_sign` of the text, or what the code of the account takes for it (ERC-1271, ERC-6492). */
  signMessage(args: { readonly message: string }): Promise<string>;
}

const addressPattern = /^0x[0-9a-f]{40}$/i;
/** Shorter ones prove nothing, longer ones the service does not read. Source: docs/http-api.md, section Wallet model. */
const signaturePattern = /^0x(?:[0-9a-f]{2}){32,8192}$/i;
/** Of 2^53 and more is no chain of ours. Source: EIP-1474, section Quantity. */
const quantityPattern = /^0x[0-9a-f]{1,13}$/i;

/** Asks a wallet for its account, or takes an account as it is. Throws `wallet_error`. Source: EIP-1102; EIP-695. */
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

/** What the wallet answered; what it threw is a `wallet_error`. */
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

/** True when both name one account, whatever the case of their letters. Source: EIP-55. */
export function isSameAccount(one: string, other: unknown): boolean {
  return typeof other === 'string' && one.toLowerCase() === other.toLowerCase();
}

export function isAddress(text: unknown): text is string {
  return typeof text === 'string' && addressPattern.test(text);
}

export function isChainId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

/** Throws unless it is one that the service would read. */
export function checkedSignature(signature: unknown): string {
  if (typeof signature !== 'string' || !signaturePattern.test(signature)) throw walletError('wallet_answer_invalid');
  return signature;
}

/** A quantity, or the number that some wallets return in its stead. */
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

/** As bytes: of a text some wallets would not know whether it is hex itself. */
function hexOf(text: string): string {
  return `0x${Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

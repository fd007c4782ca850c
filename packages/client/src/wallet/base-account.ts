import type { Eip1193Provider } from './wallet-account.ts';
import type { WalletTokens } from './wallet-login.ts';
import type { WalletSession } from './wallet-session.ts';

/** The used part of Base Account's SDK. Source: github.com/base/account-sdk, createBaseAccountSDK. */
export interface BaseAccountSdk {
  getProvider(): Eip1193Provider;
}

/** Base, where the accounts live. */
const base = 8453;

/**
 * Connects Base Account and signs in, in one window. The wallet writes the message, so the client needs `wallet_message:
 * wallet`, and the service a node of the chain in EVM_RPC_URLS. Call it in a click handler, or the browser blocks the window.
 * Throws {@link TesseraError}. Source: ERC-7846.
 */
export function signInWithBaseAccount(
  session: WalletSession,
  sdk: BaseAccountSdk,
  chainId = base,
): Promise<WalletTokens> {
  return session.connect(sdk.getProvider(), chainId);
}

/** `@tessera/client/wallet`: Sign-In with Ethereum by any wallet. */
export type { Fetch } from '../answer.ts';
export { createWalletLogin } from './wallet-login.ts';
export type {
  AccountOfWallet,
  WalletChallenge,
  WalletLogin,
  WalletLoginOptions,
  WalletTokens,
} from './wallet-login.ts';
export type { SignedMessage, WalletNonce } from './wallet-message.ts';
export { createWalletSession } from './wallet-session.ts';
export type { WalletSession, WalletSessionOptions, WalletSessionState } from './wallet-session.ts';
export { discoverWallets } from './discover-wallets.ts';
export type { DiscoveredWallet, WalletDiscovery, WalletInfo, WalletWindow } from './discover-wallets.ts';
export type { Eip1193Provider, WalletAccount } from './wallet-account.ts';
export { type WalletErrorReason, walletErrors } from './wallet-error.ts';

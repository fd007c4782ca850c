/** `@tessera/client/wallet`: Sign-In with Ethereum by any wallet. */
export type { Fetch } from '../answer.ts';
export { createWalletLogin } from './wallet-login.ts';
export type { WalletLogin, WalletLoginOptions, WalletTokens } from './wallet-login.ts';
export type { AccountOfWallet, SignedMessage, WalletChallenge, WalletNonce } from './wallet-message.ts';
export { followWallet } from './follow-wallet.ts';
export type { FollowOptions } from './follow-wallet.ts';
export { createWalletSession } from './wallet-session.ts';
export type { WalletSession, WalletSessionOptions, WalletSessionState } from './wallet-session.ts';
export { discoverWallets } from './discover-wallets.ts';
export type { DiscoveredWallet, WalletDiscovery, WalletInfo, WalletWindow } from './discover-wallets.ts';
export type { Eip1193Provider, WalletAccount } from './wallet-account.ts';
export { type WalletErrorReason, walletErrors } from './wallet-error.ts';

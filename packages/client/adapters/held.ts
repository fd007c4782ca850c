/** The adapters, held against the types of the libraries that take them: whoever changes one, of either, reads it here. */
import type { createBaseAccountSDK } from '@base-org/account';
import type { AuthenticationAdapter } from '@rainbow-me/rainbowkit';
import type { SIWXConfig } from '@reown/appkit-controllers';
import type { SIWEConfig } from 'connectkit';
import type { EIP1193Provider, LocalAccount, WalletClient } from 'viem';
import type { SmartAccount } from 'viem/account-abstraction';
import type { Config, Connector } from 'wagmi';
import { getAccount, signMessage } from 'wagmi/actions';
import { appKitSiwx } from '../src/wallet/appkit.ts';
import { signInWithBaseAccount } from '../src/wallet/base-account.ts';
import { connectKitSiwe } from '../src/wallet/connectkit.ts';
import type { Eip1193Provider, WalletAccount, WalletSession } from '../src/wallet/index.ts';
import { rainbowKitAuthentication } from '../src/wallet/rainbowkit.ts';
import { connectedAccount, connectorWallet } from '../src/wallet/wagmi.ts';

export const rainbowKit = (session: WalletSession): AuthenticationAdapter<string> => rainbowKitAuthentication(session);

export const connectKit = (session: WalletSession): SIWEConfig => connectKitSiwe(session);

export const appKit = (session: WalletSession): SIWXConfig => appKitSiwx(session);

export const connector = (each: Connector): Eip1193Provider => connectorWallet(each);

export const connected = (config: Config): WalletAccount =>
  connectedAccount(getAccount(config), (args) => signMessage(config, args));

export const baseAccount = (session: WalletSession, sdk: ReturnType<typeof createBaseAccountSDK>) =>
  signInWithBaseAccount(session, sdk);

export const wallets = (
  provider: EIP1193Provider,
  client: WalletClient,
  account: LocalAccount,
  contract: SmartAccount,
): readonly (Eip1193Provider | WalletAccount)[] => [provider, client, account, contract];

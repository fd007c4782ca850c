import { accountFollower, type FollowOptions } from './follow-wallet.ts';
import type { Eip1193Provider, WalletAccount } from './wallet-account.ts';
import type { WalletSession } from './wallet-session.ts';

/** The used part of a wagmi connector. Source: github.com/wevm/wagmi, Connector. */
export interface WagmiConnector {
  getProvider(): Promise<unknown>;
}

/** The wallet of a connector, for `signIn` or `connect`: `useAccount().connector`, or one of `config.connectors`. */
export function connectorWallet(connector: WagmiConnector): Eip1193Provider {
  return {
    async request(args) {
      const provider = (await connector.getProvider()) as Eip1193Provider;
      return provider.request(args);
    },
  };
}

/**
 * The connected account, for `signIn`: `useAccount()` with the `signMessageAsync` of `useSignMessage()`, or
 * `getAccount(config)` with `signMessage` of `@wagmi/core`. Without an address the error is `wallet_answer_invalid`.
 */
export function connectedAccount(
  { address, chainId }: { readonly address?: `0x${string}` | undefined; readonly chainId?: number | undefined },
  signMessage: (args: { account: `0x${string}`; message: string }) => Promise<string>,
): WalletAccount {
  const account = address ?? '0x';
  return { address: account, chainId, signMessage: ({ message }) => signMessage({ account, message }) };
}

/** What wagmi's `watchAccount` and `useAccount` tell. Source: github.com/wevm/wagmi, GetAccountReturnType. */
export interface WagmiAccount {
  readonly status: string;
  readonly address?: string | undefined;
  readonly chainId?: number | undefined;
}

/**
 * Ends the session when the end-user changes to another account, or disconnects: `followAccount(session, (onChange) =>
 * watchAccount(config, { onChange }))`. Returns the function that stops it.
 */
export function followAccount(
  session: WalletSession,
  watch: (onChange: (account: WagmiAccount) => void) => () => void,
  options?: FollowOptions,
): () => void {
  const follower = accountFollower(session, options);
  const unwatch = watch(({ status, address, chainId }) => {
    // While it connects there is no account yet.
    if (status === 'connected' || status === 'disconnected') follower.show({ address, chainId });
  });
  return () => {
    follower.stop();
    unwatch();
  };
}

import { type Eip1193Provider, chainIdOf, isAddress, isChainId, isSameAccount } from './wallet-account.ts';
import { settledState, type WalletSession } from './wallet-session.ts';

/** When a session ends by itself. */
export interface FollowOptions {
  /**
   * Also when the wallet changes to another chain; false by default. An account with a key is the same on every chain, one with
   * code is another on each.
   */
  readonly chains?: boolean | undefined;
}

/** What a wallet shows now; no address: it is disconnected or locked. */
interface ShownAccount {
  readonly address?: string | undefined;
  readonly chainId?: number | undefined;
}

/** Ends the session when its wallet shows another account, or none, from now on. */
export function accountFollower(session: WalletSession, { chains = false }: FollowOptions = {}) {
  let shown: ShownAccount | undefined;
  const compare = async (): Promise<void> => {
    const { tokens } = await settledState(session);
    if (tokens === undefined || shown === undefined) return;
    const { address, chainId = tokens.chainId } = shown;
    const isSame = address !== undefined && isSameAccount(tokens.address, address);
    if (isSame && !(chains && chainId !== tokens.chainId)) return;
    // It has ended, whether or not the revocation could be sent.
    await session.signOut().catch(() => undefined);
  };
  return {
    show(next: ShownAccount): void {
      shown = next;
      void compare();
    },
    /** A login of the former account may end after the change. */
    stop: session.subscribe(() => void compare()),
  };
}

/**
 * Ends the session when the end-user changes to another account in the wallet, or disconnects it; also when that happened
 * while no page was open. Returns the function that stops it. Source: EIP-1193, sections accountsChanged, chainChanged.
 */
export function followWallet(session: WalletSession, provider: Eip1193Provider, options?: FollowOptions): () => void {
  const follower = accountFollower(session, options);
  let [address, chainId]: [string?, number?] = [];
  const accountsChanged = (accounts: unknown) => {
    const first: unknown = Array.isArray(accounts) ? accounts[0] : undefined;
    address = isAddress(first) ? first : undefined;
    follower.show({ address, chainId });
  };
  const chainChanged = (chain: unknown) => {
    chainId = chainOf(chain);
    if (address !== undefined) follower.show({ address, chainId });
  };
  provider.on?.('accountsChanged', accountsChanged);
  provider.on?.('chainChanged', chainChanged);
  // Shows no dialog. A wallet that is locked tells no account: the session stays, until there is another.
  void Promise.all(['eth_accounts', 'eth_chainId'].map((method) => provider.request({ method }))).then(
    ([accounts, chain]) => {
      chainId ??= chainOf(chain);
      if (address === undefined && Array.isArray(accounts) && accounts.length > 0) accountsChanged(accounts);
    },
    () => undefined,
  );
  return () => {
    follower.stop();
    provider.removeListener?.('accountsChanged', accountsChanged);
    provider.removeListener?.('chainChanged', chainChanged);
  };
}

function chainOf(told: unknown): number | undefined {
  const chain = chainIdOf(told);
  return isChainId(chain) ? chain : undefined;
}

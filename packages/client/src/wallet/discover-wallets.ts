import type { Eip1193Provider } from './wallet-account.ts';
import { member } from './wallet-error.ts';

/** A wallet's information about itself, all of it unverified. Source: EIP-6963, section Provider Info. */
export interface WalletInfo {
  readonly uuid: string;
  readonly name: string;
  /** A data: URI. Only show it in an `<img>`: elsewhere an SVG runs its scripts. Source: EIP-6963, section Images. */
  readonly icon: string;
  /** Reverse domain name of its maker, such as `io.metamask`; anybody can claim it. */
  readonly rdns: string;
}

/** A wallet and its unverified information. Source: EIP-6963, section Provider Detail. */
export interface DiscoveredWallet {
  readonly info: WalletInfo;
  readonly provider: Eip1193Provider;
}

/** The used part of `window`. */
export type WalletWindow = Pick<EventTarget, 'addEventListener' | 'removeEventListener' | 'dispatchEvent'>;

/** The wallets of this page, as they announce themselves. */
export interface WalletDiscovery {
  /** The announced wallets in order; the same array until there is another one. */
  readonly wallets: () => readonly DiscoveredWallet[];
  /** Calls back for each new wallet; returns the unsubscribe function. For React's useSyncExternalStore. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Asks wallets that loaded late to announce themselves. */
  readonly refresh: () => void;
  /** Stops listening. */
  readonly stop: () => void;
}

/** More than anybody has; no extension can fill the memory with them. */
const walletsAtMost = 100;

/** Finds the wallets that browser extensions put into this page. Source: EIP-6963. */
export function discoverWallets(target: WalletWindow = globalThis as unknown as WalletWindow): WalletDiscovery {
  let found: readonly DiscoveredWallet[] = [];
  const listeners = new Set<() => void>();
  const announced = (event: Event) => {
    const wallet = walletOf(member(event, 'detail'));
    // The first with a uuid keeps it: a later one cannot replace it in a list that is already shown.
    if (wallet === undefined || found.length >= walletsAtMost) return;
    if (found.some(({ info }) => info.uuid === wallet.info.uuid)) return;
    found = [...found, wallet];
    for (const listener of listeners) listener();
  };
  const refresh = () => void target.dispatchEvent(new Event('eip6963:requestProvider'));
  target.addEventListener('eip6963:announceProvider', announced);
  refresh();
  return {
    wallets: () => found,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    refresh,
    stop() {
      target.removeEventListener('eip6963:announceProvider', announced);
      listeners.clear();
    },
  };
}

/** Undefined for an invalid announcement. */
function walletOf(detail: unknown): DiscoveredWallet | undefined {
  const [info, provider] = [member(detail, 'info'), member(detail, 'provider')];
  const [uuid, name, icon, rdns] = ['uuid', 'name', 'icon', 'rdns'].map((each) => member(info, each));
  if (typeof uuid !== 'string' || typeof name !== 'string' || typeof icon !== 'string' || typeof rdns !== 'string') {
    return undefined;
  }
  if (uuid === '' || !icon.startsWith('data:image/') || typeof member(provider, 'request') !== 'function')
    return undefined;
  return { info: { uuid, name, icon, rdns }, provider: provider as Eip1193Provider };
}

import type { Eip1193Provider } from './wallet-account.ts';
import { member } from './wallet-error.ts';

/** What a wallet says of itself. All of it is the wallet's own claim. Source: EIP-6963, section Provider Info. */
export interface WalletInfo {
  readonly uuid: string;
  readonly name: string;
  /** A data: URI. Show it in an `<img>` alone: an SVG elsewhere runs its scripts. Source: EIP-6963, section Images. */
  readonly icon: string;
  /** The reverse domain name of its maker, which anybody can claim: `io.metamask`. */
  readonly rdns: string;
}

/** A wallet, and who it says that it is. Source: EIP-6963, section Provider Detail. */
export interface DiscoveredWallet {
  readonly info: WalletInfo;
  readonly provider: Eip1193Provider;
}

/** The part of `window` that is needed. */
export type WalletWindow = Pick<EventTarget, 'addEventListener' | 'removeEventListener' | 'dispatchEvent'>;

/** The wallets of this page, as they make themselves known. */
export interface WalletDiscovery {
  /** Those that have made themselves known, in their order; the same array until there is another one. */
  readonly wallets: () => readonly DiscoveredWallet[];
  /** Calls back whenever there is another one; returns how to stop that. As React's useSyncExternalStore takes it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Asks those to announce themselves that loaded late. */
  readonly refresh: () => void;
  /** Ends it. */
  readonly stop: () => void;
}

/** More than anybody has, and a page's extension cannot fill the memory with them. */
const walletsAtMost = 100;

/** Finds the wallets that browser extensions put into this page. Source: EIP-6963. */
export function discoverWallets(target: WalletWindow = globalThis as unknown as WalletWindow): WalletDiscovery {
  let found: readonly DiscoveredWallet[] = [];
  const listeners = new Set<() => void>();
  const announced = (event: Event) => {
    const wallet = walletOf(member(event, 'detail'));
    // The first keeps its uuid: a later one cannot take its place in a list that is shown already.
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

/** Undefined for an announcement that is none. */
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

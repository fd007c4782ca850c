import type { ClientStorage, WebStorage } from './storage.ts';

/** What tabs share, and what survives a reload. */
export interface SharedStorageOptions {
  /** Name of the channel: tabs of one origin with one name share; `tessera` by default. */
  readonly name?: string | undefined;
  /** `sessionStorage` to survive a reload; by default memory only. */
  readonly storage?: WebStorage | undefined;
  /** Milliseconds that a loaded page waits for the other tabs' values; 100 by default. */
  readonly patience?: number | undefined;
  /** Called when another tab wrote: logged in, refreshed, or logged out. */
  readonly onChange?: (() => void) | undefined;
}

/** A tab's value for a key; the higher version is newer. A removed value is null. */
interface Entry {
  readonly version: number;
  readonly value: string | null;
}

interface Message extends Partial<Entry> {
  /** The key; absent from an echo, which only comes back to its sender. */
  readonly key?: string;
  readonly echo?: string;
}

/**
 * Memory shared by the tabs of one origin: every tab has what one writes, and a new tab asks the others. Nothing remains when
 * the last one closes. That keeps tokens from the disk and from other origins, but not from scripts of this one, which can ask
 * like a tab. A page that was logged out accepts none from others until it is reloaded or logs in itself. Where
 * BroadcastChannel is missing or blocked, each tab is on its own. Source: HTML Living Standard §9.5.
 */
export function sharedStorage({
  name = 'tessera',
  storage,
  patience = 100,
  onChange,
}: SharedStorageOptions = {}): ClientStorage & Required<Pick<ClientStorage, 'onChange' | 'close'>> {
  let channel = open(name);
  // A channel does not receive its own messages: what this one sends reaches the other after everything sent before.
  let probe = open(name);
  const listeners = new Set([onChange]);
  const entries = new Map<string, Entry>();
  const greeted = new Map<string, Promise<void>>();
  const waiting = new Map<string, () => void>();
  /** Keys that this page saw removed, with the version that it refuses since. */
  const ended = new Map<string, number>();

  const know = (key: string, known: Entry) => {
    if (known.value !== null) ended.delete(key);
    else if (entries.get(key)?.value) ended.set(key, 0);
    entries.set(key, known);
  };
  const entry = (key: string): Entry | undefined => {
    // Another page of this tab may have written while this one was in the back/forward cache.
    const kept = storage?.getItem(key);
    if (kept) know(key, JSON.parse(kept) as Entry);
    return entries.get(key);
  };
  const keep = (key: string, kept: Entry) => {
    know(key, kept);
    // A removed value leaves its version behind, so that a tab that slept cannot restore it.
    storage?.setItem(key, JSON.stringify(kept));
  };
  const announce = (key: string) => channel?.postMessage({ key, ...entry(key) });
  const settle = (what: string) => {
    waiting.get(what)?.();
    waiting.delete(what);
  };
  /** Waits for a key, or for an echo, which is identified by a number. */
  const received = (what: string) =>
    new Promise<void>((resolve) => {
      waiting.set(what, resolve);
      setTimeout(() => settle(what), channel && patience);
    });

  channel?.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    const { key, echo, version, value = null } = data;
    settle(String(echo));
    if (key === undefined) return;
    const mine = entry(key);
    if (version === undefined) {
      // A tab that refused something newer leaves the answer to those that did not.
      if (Number(mine?.version) >= (ended.get(key) ?? 0)) announce(key);
      return;
    }
    let isNews = version > (mine?.version ?? 0);
    // A script that plants a login after a logout looks like a tab that logged in: this page trusts neither.
    if (isNews && value !== null && ended.has(key)) {
      ended.set(key, version);
      isNews = false;
    }
    if (isNews) keep(key, { version, value });
    settle(key);
    if (isNews) for (const listener of listeners) listener?.();
  });

  // A page in the back/forward cache receives nothing by the standard: it asks again on return.
  const returned = ({ persisted }: Partial<PageTransitionEvent>) => {
    if (!persisted) return;
    greeted.clear();
    ended.clear();
    for (const key of entries.keys()) void greet(key);
  };
  globalThis.addEventListener?.('pageshow', returned);

  /** Once for each key: asks for the others' values. */
  const greet = (key: string) => {
    const asked = greeted.get(key) ?? received(key);
    if (!greeted.has(key)) channel?.postMessage({ key });
    greeted.set(key, asked);
    return asked;
  };
  const write = (key: string, value: string | null) => {
    keep(key, { version: Math.max(entry(key)?.version ?? 0, ended.get(key) ?? 0) + 1, value });
    announce(key);
  };

  return {
    async get(key) {
      // Even with a stored value: another tab may have logged out while this one was away.
      await greet(key);
      return entry(key)?.value;
    },
    async set(key, value) {
      await greet(key);
      write(key, value);
    },
    remove: (key) => write(key, null),
    async sync(key) {
      await greet(key);
      const echo = String(Math.random());
      const back = received(echo);
      probe?.postMessage({ echo });
      await back;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      globalThis.removeEventListener?.('pageshow', returned);
      channel?.close();
      probe?.close();
      // A closed channel throws.
      channel = probe = undefined;
    },
  };
}

function open(name: string): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}

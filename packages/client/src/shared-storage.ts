import type { ClientStorage, WebStorage } from './storage.ts';

/** What tabs share, and what outlives a reload. */
export interface SharedStorageOptions {
  /** Of the channel: tabs of one origin with one name share; `tessera` by default. */
  readonly name?: string | undefined;
  /** `sessionStorage` where a reload is to find what was there; by default memory alone. */
  readonly storage?: WebStorage | undefined;
  /** How long a page that was loaded waits for the other tabs to tell what they hold, in milliseconds; 100 by default. */
  readonly patience?: number | undefined;
  /** Called when another tab wrote: logged in, refreshed, or logged out. */
  readonly onChange?: (() => void) | undefined;
}

/** What a tab knows of a key; the higher version is the newer one. A value that was removed is null. */
interface Entry {
  readonly version: number;
  readonly value: string | null;
}

interface Message extends Partial<Entry> {
  /** The key that it is about; none in what only comes back to its sender. */
  readonly key?: string;
  readonly echo?: string;
}

/**
 * Memory that the tabs of one origin share: what one writes, all have, and a new tab asks the others. Nothing lies anywhere
 * when the last one closes. That keeps tokens from the disk and from other origins, and from no script of this one: it can
 * ask as a tab does. A page that was logged out takes none that others send until it is loaded again or logs in by itself.
 * Where the browser has no BroadcastChannel, or blocks it, each tab is on its own. Source: HTML Living Standard §9.5.
 */
export function sharedStorage({
  name = 'tessera',
  storage,
  patience = 100,
  onChange,
}: SharedStorageOptions = {}): ClientStorage & {
  close(): void;
} {
  const channel = open(name);
  // A channel does not hear itself: what this one says comes back to the other after all that was said before.
  const probe = open(name);
  const entries = new Map<string, Entry>();
  const greeted = new Map<string, Promise<void>>();
  const waiting = new Map<string, () => void>();
  /** What this page saw removed, with the version that it has refused since. */
  const ended = new Map<string, number>();

  const know = (key: string, known: Entry) => {
    if (known.value !== null) ended.delete(key);
    else if (entries.get(key)?.value) ended.set(key, 0);
    entries.set(key, known);
  };
  const entry = (key: string): Entry | undefined => {
    // Another page of this tab may have written while this one lay in the back/forward cache.
    const kept = storage?.getItem(key);
    if (kept) know(key, JSON.parse(kept) as Entry);
    return entries.get(key);
  };
  const keep = (key: string, kept: Entry) => {
    know(key, kept);
    // A removed value leaves its version behind, so that a tab that slept cannot bring it back.
    storage?.setItem(key, JSON.stringify(kept));
  };
  const tell = (key: string) => channel?.postMessage({ key, ...entry(key) });
  const settle = (what: string) => {
    waiting.get(what)?.();
    waiting.delete(what);
  };
  /** Of a key, or of an echo, which is named by a number. */
  const heard = (what: string) =>
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
      // Whoever refused something newer leaves the answer to those who did not.
      if (Number(mine?.version) >= (ended.get(key) ?? 0)) tell(key);
      return;
    }
    let isNews = version > (mine?.version ?? 0);
    // A script that plants a login after a logout looks like a tab that logged in: this page believes neither.
    if (isNews && value !== null && ended.has(key)) {
      ended.set(key, version);
      isNews = false;
    }
    if (isNews) keep(key, { version, value });
    settle(key);
    if (isNews) onChange?.();
  });

  // By the standard, a page in the back/forward cache hears nothing: it asks again when it is back.
  const returned = ({ persisted }: Partial<PageTransitionEvent>) => {
    if (persisted !== true) return;
    greeted.clear();
    ended.clear();
    for (const key of entries.keys()) void greet(key);
  };
  globalThis.addEventListener?.('pageshow', returned);

  /** Once for each key: what the others hold. */
  const greet = (key: string) => {
    const asked = greeted.get(key) ?? heard(key);
    if (!greeted.has(key)) channel?.postMessage({ key });
    greeted.set(key, asked);
    return asked;
  };
  const write = (key: string, value: string | null) => {
    keep(key, { version: Math.max(entry(key)?.version ?? 0, ended.get(key) ?? 0) + 1, value });
    tell(key);
  };

  return {
    async get(key) {
      // Even where something is kept: the tab may have been away while another one logged out.
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
      const back = heard(echo);
      probe?.postMessage({ echo });
      await back;
    },
    close: () => {
      globalThis.removeEventListener?.('pageshow', returned);
      channel?.close();
      probe?.close();
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

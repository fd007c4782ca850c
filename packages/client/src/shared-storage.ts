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
 * when the last one closes. Source: HTML Living Standard §9.5.
 */
export function sharedStorage({
  name = 'tessera',
  storage,
  patience = 100,
  onChange,
}: SharedStorageOptions = {}): ClientStorage & {
  close(): void;
} {
  const channel = new BroadcastChannel(name);
  // A channel does not hear itself: what this one says comes back to the other after all that was said before.
  const probe = new BroadcastChannel(name);
  const entries = new Map<string, Entry>();
  const greeted = new Map<string, Promise<void>>();
  const waiting = new Map<string, () => void>();

  const entry = (key: string): Entry | undefined => {
    // Another page of this tab may have written while this one lay in the back/forward cache.
    const kept = storage?.getItem(key);
    if (kept) entries.set(key, JSON.parse(kept) as Entry);
    return entries.get(key);
  };
  const keep = (key: string, { version, value }: Entry) => {
    entries.set(key, { version, value });
    // A removed value leaves its version behind, so that a tab that slept cannot bring it back.
    storage?.setItem(key, JSON.stringify({ version, value }));
  };
  const tell = (key: string) => channel.postMessage({ key, ...entry(key) });
  const settle = (what: string) => {
    waiting.get(what)?.();
    waiting.delete(what);
  };
  /** Of a key, or of an echo, which is named by a number. */
  const heard = (what: string) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => settle(what), patience);
      waiting.set(what, () => {
        clearTimeout(timer);
        resolve();
      });
    });

  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    const { key, echo, version, value } = data;
    if (echo !== undefined) settle(echo);
    if (key === undefined) return;
    const mine = entry(key);
    if (version === undefined) {
      if (mine !== undefined) tell(key);
      return;
    }
    const isNews = version > (mine?.version ?? 0);
    if (isNews) keep(key, { version, value: value ?? null });
    settle(key);
    if (isNews) onChange?.();
  });

  // By the standard, a page in the back/forward cache hears nothing: it asks again when it is back.
  const returned = ({ persisted }: Partial<PageTransitionEvent>) => {
    if (persisted !== true) return;
    greeted.clear();
    for (const key of entries.keys()) void greet(key);
  };
  globalThis.addEventListener?.('pageshow', returned);

  /** Once for each key: what the others hold. */
  const greet = (key: string) => {
    const asked = greeted.get(key) ?? heard(key);
    if (!greeted.has(key)) channel.postMessage({ key });
    greeted.set(key, asked);
    return asked;
  };
  const write = (key: string, value: string | null) => {
    keep(key, { version: (entry(key)?.version ?? 0) + 1, value });
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
      probe.postMessage({ echo });
      await back;
    },
    close: () => {
      globalThis.removeEventListener?.('pageshow', returned);
      channel.close();
      probe.close();
    },
  };
}

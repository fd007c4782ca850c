import type { Awaitable } from '../storage.ts';

/**
 * Where a server keeps its sessions, as a database with expiry has it (`SET key value EX seconds`). Keys are hashes: whoever
 * reads a key cannot take the session over. Values hold tokens. What one `set` resolved, the next `get` must see.
 */
export interface SessionStore {
  /** Nothing for a key that was not set, was removed, or has expired. */
  get(key: string): Awaitable<string | null | undefined>;
  /** `lifetime`: seconds. */
  set(key: string, value: string, lifetime: number): Awaitable<unknown>;
  /** No error where nothing is there. */
  remove(key: string): Awaitable<unknown>;
}

interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/**
 * Sessions of this process alone, gone with it. At most `limit` values of a kind (the part of the key before the dot): who
 * begins logins by the thousand pushes out logins that are under way, and nobody who is logged in. `now`: milliseconds.
 */
export function memorySessionStore(limit = 10_000, now: () => number = Date.now): SessionStore {
  const kinds = new Map<string, Map<string, Entry>>();
  const entriesOf = (key: string) => {
    const kind = key.slice(0, key.indexOf('.'));
    const entries = kinds.get(kind) ?? new Map<string, Entry>();
    kinds.set(kind, entries);
    return entries;
  };
  return {
    get: (key) => {
      const entry = entriesOf(key).get(key);
      return entry !== undefined && entry.expiresAt > now() ? entry.value : undefined;
    },
    set: (key, value, lifetime) => {
      const entries = entriesOf(key);
      entries.delete(key);
      // The one that was not written to for the longest time.
      const [oldest] = entries.keys();
      if (oldest !== undefined && entries.size >= limit) entries.delete(oldest);
      entries.set(key, { value, expiresAt: now() + lifetime * 1000 });
    },
    remove: (key) => entriesOf(key).delete(key),
  };
}

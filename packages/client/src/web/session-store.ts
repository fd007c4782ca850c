import type { Awaitable } from '../storage.ts';

/**
 * Stores a server's sessions, as a database with expiry does (`SET key value EX seconds`). Keys are hashes: reading a key is
 * not enough to take over its session. Values contain tokens. After `set` resolves, the next `get` must see the value.
 */
export interface SessionStore {
  /** Null or undefined for a key that was not set, was removed, or has expired. */
  get(key: string): Awaitable<string | null | undefined>;
  /** `lifetime`: seconds. */
  set(key: string, value: string, lifetime: number): Awaitable<unknown>;
  /** No error without a value. */
  remove(key: string): Awaitable<unknown>;
}

interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/**
 * Sessions in this process's memory. At most `limit` values of a kind (the part of the key before the dot): starting thousands
 * of logins evicts pending logins, and no session. `onEvict` is called with the kind of each value that is dropped before it
 * expired: `session`, whose end-user has to log in again; `login`; or `logout`, after which a session that the issuer ended
 * goes on until its access token expires. By default it warns on the console, once a minute and kind. `now`: milliseconds.
 */
export function memorySessionStore(
  limit = 10_000,
  now: () => number = Date.now,
  onEvict: (kind: string) => void = warning(now),
): SessionStore {
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
      // The one that was not written for the longest time.
      const [oldest] = entries;
      if (oldest !== undefined && entries.size >= limit) {
        entries.delete(oldest[0]);
        if (oldest[1].expiresAt > now()) onEvict(key.slice(0, key.indexOf('.')));
      }
      entries.set(key, { value, expiresAt: now() + lifetime * 1000 });
    },
    remove: (key) => entriesOf(key).delete(key),
  };
}

/** Milliseconds between two lines about one kind: starting thousands of logins does not fill the log. */
const pause = 60_000;

function warning(now: () => number): (kind: string) => void {
  const warned = new Map<string, { at: number; dropped: number }>();
  return (kind) => {
    const { at, dropped } = warned.get(kind) ?? { at: -Infinity, dropped: 0 };
    const [count, isDue] = [dropped + 1, now() - at >= pause];
    warned.set(kind, isDue ? { at: now(), dropped: 0 } : { at, dropped: count });
    if (!isDue) return;
    const what = count === 1 ? `1 ${kind} was` : `${count} ${kind}s were`;
    // A library has no log of its own: operators read the console.
    // oxlint-disable-next-line no-console
    console.warn(
      `${what} dropped before the end: memorySessionStore is full. Raise its limit, or keep sessions elsewhere.`,
    );
  };
}

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
 * begins logins by the thousand pushes out logins that are under way, and nobody who is logged in. `onEvict` is called for each
 * value that is dropped before it expired, with its kind: `session`, whose end-user has to log in again; `login`; or `logout`,
 * after which a session that the issuer ended goes on until its access token is over. By default the console is warned, once a
 * minute and kind. `now`: milliseconds.
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
      // The one that was not written to for the longest time.
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

/** Milliseconds between two lines about one kind: whoever begins logins by the thousand does not fill the log. */
const pause = 60_000;

function warning(now: () => number): (kind: string) => void {
  const told = new Map<string, { at: number; dropped: number }>();
  return (kind) => {
    const { at, dropped } = told.get(kind) ?? { at: -Infinity, dropped: 0 };
    const [count, isDue] = [dropped + 1, now() - at >= pause];
    told.set(kind, isDue ? { at: now(), dropped: 0 } : { at, dropped: count });
    if (!isDue) return;
    const what = count === 1 ? `1 ${kind} was` : `${count} ${kind}s were`;
    // A library has no log of its own: the console is where an operator is told.
    // oxlint-disable-next-line no-console
    console.warn(
      `${what} dropped before the end: memorySessionStore is full. Raise its limit, or keep sessions elsewhere.`,
    );
  };
}

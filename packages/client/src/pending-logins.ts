import { membersOf } from './answer.ts';
import { later } from './later.ts';
import type { ClientStorage } from './storage.ts';

/** What a pending login must remember until the callback. */
export interface PendingLogin {
  readonly codeVerifier: string;
  /** Present if an ID token is requested. */
  readonly nonce?: string | undefined;
  readonly redirectUri: string;
  /** The requested scope. */
  readonly scope: string;
  /** Milliseconds since 1970. */
  readonly begunAt: number;
  /** The requested `max_age`, in seconds. */
  readonly maxAge?: string | undefined;
  /** The application's own data. */
  readonly data: string | undefined;
}

/** Longer than any end-user takes; limits how long a verifier is stored. */
const lifetime = 15 * 60_000;
/** Pressing "log in" again and again stores no more than this. */
const limit = 8;

/** By `state`, the oldest first. */
type Logins = readonly (readonly [state: string, login: PendingLogin])[];

/** Where logins are stored, and the lock around it. */
interface Surroundings {
  readonly storage: ClientStorage;
  readonly now: () => number;
  readonly locked: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** Pending logins by `state`, in one value of the storage. */
export interface PendingLogins {
  add(state: string, login: PendingLogin): Promise<void>;
  /** Takes the login, which is deleted whatever comes of it: its verifier is sent at most once. */
  take(state: string): Promise<PendingLogin | undefined>;
  /** Drops expired ones, now and by a timer for the next. */
  sweep(): Promise<void>;
  /** Ends the timer. */
  close(): void;
}

/** Under this key of the storage. */
export function pendingLogins(key: string, { storage, now, locked }: Surroundings): PendingLogins {
  let stopTimer: (() => void) | undefined;
  const live = async (): Promise<Logins> => {
    // Anything else in the storage is not a login.
    const stored = (membersOf((await storage.get(key)) ?? '') ?? {}) as Record<string, PendingLogin>;
    const time = now();
    // A login from the future was begun before the clock was set back: its age is unknown.
    return Object.entries(stored).filter(([, { begunAt }]) => begunAt <= time && time < begunAt + lifetime);
  };
  const write = async (logins: Logins) => {
    if (logins.length === 0) await storage.remove(key);
    else await storage.set(key, JSON.stringify(Object.fromEntries(logins)));
  };
  const sweep = async () => {
    const [oldest] = await locked(async () => {
      const logins = await live();
      await write(logins);
      return logins;
    });
    stopTimer?.();
    if (oldest === undefined) return;
    stopTimer = later(() => void sweep().catch(() => undefined), oldest[1].begunAt + lifetime - now());
  };
  return {
    add: (state, login) => locked(async () => write([...(await live()).slice(1 - limit), [state, login]])),
    take: (state) =>
      locked(async () => {
        const logins = new Map(await live());
        const login = logins.get(state);
        logins.delete(state);
        await write([...logins]);
        return login;
      }),
    sweep,
    close: () => stopTimer?.(),
  };
}

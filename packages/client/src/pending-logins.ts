import { membersOf } from './answer.ts';
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
export class PendingLogins {
  readonly #key: string;
  readonly #in: Surroundings;

  constructor(key: string, surroundings: Surroundings) {
    this.#key = key;
    this.#in = surroundings;
  }

  add(state: string, login: PendingLogin): Promise<void> {
    return this.#in.locked(async () => {
      await this.#write([...(await this.#live()).slice(1 - limit), [state, login]]);
    });
  }

  /** Takes the login, which is deleted whatever comes of it: its verifier is sent at most once. */
  take(state: string): Promise<PendingLogin | undefined> {
    return this.#in.locked(async () => {
      const live = new Map(await this.#live());
      const login = live.get(state);
      live.delete(state);
      await this.#write([...live]);
      return login;
    });
  }

  /** Drops expired ones, now and by a timer for the next. */
  async sweep(): Promise<void> {
    const [oldest] = await this.#in.locked(async () => {
      const logins = await this.#live();
      await this.#write(logins);
      return logins;
    });
    if (oldest === undefined) return;
    const pause = oldest[1].begunAt + lifetime - this.#in.now();
    const timer = setTimeout(() => void this.sweep().catch(() => undefined), pause);
    // Does not keep a Node.js process alive.
    (timer as { unref?: () => void }).unref?.();
  }

  async #live(): Promise<Logins> {
    // Anything else in the storage is not a login.
    const stored = (membersOf((await this.#in.storage.get(this.#key)) ?? '') ?? {}) as Record<string, PendingLogin>;
    const now = this.#in.now();
    // A login from the future was begun before the clock was set back: its age is unknown.
    return Object.entries(stored).filter(([, { begunAt }]) => begunAt <= now && now < begunAt + lifetime);
  }

  async #write(logins: Logins): Promise<void> {
    if (logins.length === 0) await this.#in.storage.remove(this.#key);
    else await this.#in.storage.set(this.#key, JSON.stringify(Object.fromEntries(logins)));
  }
}

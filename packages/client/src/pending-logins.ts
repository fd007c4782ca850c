import { membersOf } from './answer.ts';
import type { ClientStorage } from './storage.ts';

/** What a login that is under way must remember until the browser comes back. */
export interface PendingLogin {
  readonly codeVerifier: string;
  /** Where an ID token is asked for. */
  readonly nonce?: string | undefined;
  readonly redirectUri: string;
  /** What was asked for. */
  readonly scope: string;
  /** Milliseconds since 1970. */
  readonly begunAt: number;
  /** The `max_age` that was asked for: seconds. */
  readonly maxAge?: string | undefined;
  /** Whatever the application wants back. */
  readonly data: string | undefined;
}

/** No end-user takes longer, and no verifier lies about for longer. */
const lifetime = 15 * 60_000;
/** Who presses "log in" again and again leaves no more behind. */
const limit = 8;

/** Each by its `state`, the oldest first. */
type Logins = readonly (readonly [state: string, login: PendingLogin])[];

/** Where logins lie, and what keeps two calls from each other there. */
interface Surroundings {
  readonly storage: ClientStorage;
  readonly now: () => number;
  readonly locked: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** Logins that are under way, by their `state`, in one value of the storage. */
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

  /** The login, which is gone from then on, whatever comes of it: its verifier is sent once at most. */
  take(state: string): Promise<PendingLogin | undefined> {
    return this.#in.locked(async () => {
      const live = new Map(await this.#live());
      const login = live.get(state);
      live.delete(state);
      await this.#write([...live]);
      return login;
    });
  }

  /** Drops what is too old, now and when the next one becomes so, whether or not anybody calls. */
  async sweep(): Promise<void> {
    const [oldest] = await this.#in.locked(async () => {
      const logins = await this.#live();
      await this.#write(logins);
      return logins;
    });
    if (oldest === undefined) return;
    const pause = oldest[1].begunAt + lifetime - this.#in.now();
    const timer = setTimeout(() => void this.sweep().catch(() => undefined), pause);
    // A process of Node.js does not go on for it.
    (timer as { unref?: () => void }).unref?.();
  }

  async #live(): Promise<Logins> {
    // What somebody else put there is no login.
    const stored = (membersOf((await this.#in.storage.get(this.#key)) ?? '') ?? {}) as Record<string, PendingLogin>;
    const now = this.#in.now();
    // A login from the future was begun before the clock was put back: its age is not known.
    return Object.entries(stored).filter(([, { begunAt }]) => begunAt <= now && now < begunAt + lifetime);
  }

  async #write(logins: Logins): Promise<void> {
    if (logins.length === 0) await this.#in.storage.remove(this.#key);
    else await this.#in.storage.set(this.#key, JSON.stringify(Object.fromEntries(logins)));
  }
}

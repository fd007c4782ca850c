import type { TesseraError } from './errors.ts';
import type { IdTokenClaims, TokenSet } from './tokens.ts';

/** Who is logged in. Immutable, and the same object until something changes. */
export interface SessionSnapshot {
  /** True until the storage was read, which the first subscriber begins. */
  readonly loading: boolean;
  readonly loggedIn: boolean;
  /** Claims of the ID token; undefined when nobody is logged in, and for tokens without one. */
  readonly user: IdTokenClaims | undefined;
  /** Why the last login failed or ended, until the next begins. */
  readonly error: TesseraError | undefined;
}

/** Something that happened to the login. */
export interface SessionEvent {
  /** `expiry`: the service ended the grant, or an access token without a refresh token expired. */
  readonly type: 'login' | 'logout' | 'expiry';
  /** True in another tab, where an expiry counts as a logout. */
  readonly elsewhere: boolean;
}

/** Called after each change, with its event where there is one; a change of claims or of the error has none. */
export type SessionListener = (event?: SessionEvent) => void;

/** The snapshot of every client at first, and on a server. */
export const loadingSession: SessionSnapshot = { loading: true, loggedIn: false, user: undefined, error: undefined };

/** What a session is read from. */
interface Surroundings {
  /** The usable tokens. */
  readonly find: () => Promise<TokenSet | undefined>;
  /** Calls back when another tab wrote. */
  readonly onChange: (listener: () => void) => (() => void) | undefined;
  readonly now: () => number;
}

/** The longest time of a timer is 2^31-1 ms; whoever waits longer looks again. */
const longestMs = 0x7f_ff_ff_ff;

/**
 * The state of a session. It is watched from the first subscriber until `close`, so that a server's clients never read in vain,
 * and effects that run twice change nothing.
 */
export class WatchedSession {
  readonly #in: Surroundings;
  readonly #listeners = new Set<SessionListener>();
  #state = loadingSession;
  #held: TokenSet | undefined;
  /** The last one of the reads, which follow each other: each sees what was written before it began. */
  #reading: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: (() => void) | undefined;
  #isClosed = false;

  constructor(surroundings: Surroundings) {
    this.#in = surroundings;
  }

  readonly getSnapshot = (): SessionSnapshot => this.#state;

  readonly subscribe = (listener: SessionListener): (() => void) => {
    if (this.#isClosed) return () => {};
    // One of its own: the same function may subscribe twice.
    const own: SessionListener = (event) => listener(event);
    this.#listeners.add(own);
    if (this.#reading === undefined) {
      this.#stop = this.#in.onChange(() => void this.#look('logout', true));
      this.#reading = this.#read(undefined, false);
    }
    return () => void this.#listeners.delete(own);
  };

  /** After a change here, by which tokens may have ended so; resolves when the snapshot has it. Nothing before a subscriber. */
  changed(ending: 'logout' | 'expiry'): Promise<void> {
    return this.#look(ending, false);
  }

  /** Until the next login begins. */
  fail(error: TesseraError | undefined): void {
    this.#become({ ...this.#state, error });
  }

  close(): void {
    this.#isClosed = true;
    this.#listeners.clear();
    clearTimeout(this.#timer);
    this.#stop?.();
  }

  async #look(ending: 'logout' | 'expiry', elsewhere: boolean): Promise<void> {
    if (this.#reading !== undefined) this.#reading = this.#reading.then(() => this.#read(ending, elsewhere));
    return this.#reading;
  }

  /** Without `ending` what is found is no event: it is not known since when. */
  async #read(ending: 'logout' | 'expiry' | undefined, elsewhere: boolean): Promise<void> {
    const former = this.#held;
    // A storage that fails for a moment has not logged anybody out.
    const held = await this.#in.find().catch(() => former);
    if (this.#isClosed) return;
    this.#held = held;
    this.#awaitExpiry(held);
    const isOther = held !== undefined && (former === undefined || held.login !== former.login);
    const type = isOther ? 'login' : former !== undefined && held === undefined ? ending : undefined;
    const event: SessionEvent | undefined =
      ending !== undefined && type !== undefined ? { type, elsewhere } : undefined;
    const error = event === undefined ? this.#state.error : undefined;
    this.#become({ loading: false, loggedIn: held !== undefined, user: held?.claims, error }, event);
  }

  /** Nobody asks for a token when the end-user only looks at the page. */
  #awaitExpiry(held: TokenSet | undefined): void {
    clearTimeout(this.#timer);
    if (held === undefined || held.refreshToken !== undefined) return;
    const ms = Math.min(held.expiresAt - this.#in.now(), longestMs);
    this.#timer = setTimeout(() => void this.#look('expiry', false), ms);
    // Does not keep a Node.js process alive.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  #become(next: SessionSnapshot, event?: SessionEvent): void {
    const isNews = json(next) !== json(this.#state);
    if (isNews) this.#state = next;
    if (!isNews && event === undefined) return;
    for (const listener of this.#listeners) {
      // Apart: one that throws must not break a refresh.
      queueMicrotask(() => this.#listeners.has(listener) && listener(event));
    }
  }
}

const json = JSON.stringify;

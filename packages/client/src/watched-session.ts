import { later } from './later.ts';
import { TesseraError } from './errors.ts';
import type { ClientStorage } from './storage.ts';
import type { IdTokenClaims, TokenSet } from './tokens.ts';

/** Who is logged in. Immutable, and the same object until something changes. */
export interface SessionSnapshot {
  /** True until the first subscriber's client has read its storage. */
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

/** The state of a client's session, for whoever subscribes. */
export interface WatchedSession {
  readonly getSnapshot: () => SessionSnapshot;
  readonly subscribe: (listener: SessionListener) => () => void;
  /** After a change here; resolves when the snapshot has it. Reads nothing while nobody has subscribed. */
  check(cause?: SessionEvent['type'], error?: TesseraError): Promise<void> | undefined;
  /** Runs a step of a login, and keeps its error until the next. */
  attempt<Result>(step: () => Promise<Result>): Promise<Result>;
  close(): void;
}

/**
 * Watches from the first subscriber until `close`, so that a server's clients never read in vain, and effects that run twice
 * change nothing. `find`: the usable tokens.
 */
export function watchedSession(
  find: () => Promise<TokenSet | undefined>,
  storage: ClientStorage,
  now: () => number,
): WatchedSession {
  const listeners = new Set<SessionListener>();
  let state = loadingSession;
  let held: TokenSet | undefined;
  /** The last one of the reads, which follow each other: each sees what was written before it began. */
  let reading: Promise<void> | undefined;
  let isClosed = false;
  let stopTimer: (() => void) | undefined;
  let stopOthers: (() => void) | undefined;

  const become = (change: Partial<SessionSnapshot>, event?: SessionEvent) => {
    const next = { ...state, ...change };
    if (json(next.user) === json(state.user)) next.user = state.user;
    const isNews = Object.entries(next).some(([name, value]) => value !== state[name as keyof SessionSnapshot]);
    if (isNews) state = next;
    if (!isNews && !event) return;
    for (const listener of listeners) {
      // Apart: one that throws must not break a refresh.
      queueMicrotask(() => listeners.has(listener) && listener(event));
    }
  };

  const check: WatchedSession['check'] = (cause, error) => (reading &&= reading.then(() => look(cause, error)));

  const look = async (cause?: SessionEvent['type'], error?: TesseraError) => {
    // A storage that fails for a moment has not logged anybody out.
    const found = await find().catch(() => held);
    if (isClosed) return;
    const former = held;
    held = found;
    const type = found
      ? (cause === 'login' || found.login !== former?.login || !former) && 'login'
      : former && (cause === 'expiry' ? cause : 'logout');
    stopTimer?.();
    if (found && !found.refreshToken) stopTimer = later(() => void check('expiry'), found.expiresAt - now());
    // At first it is not known since when.
    const event = type && (type === cause || !state.loading) ? { type, elsewhere: type !== cause } : undefined;
    // An error that ended one login is not of another, from elsewhere.
    const ended = found ? undefined : error;
    become(
      { loading: false, loggedIn: !!found, user: found?.claims, error: ended ?? (event ? undefined : state.error) },
      event,
    );
  };

  return {
    getSnapshot: () => state,
    subscribe(listener) {
      if (isClosed) return () => {};
      // One of its own: the same function may subscribe twice.
      const own: SessionListener = (event) => listener(event);
      listeners.add(own);
      if (!reading) {
        stopOthers = storage.onChange?.(() => void check());
        reading = look();
      }
      return () => void listeners.delete(own);
    },
    check,
    async attempt(step) {
      become({ error: undefined });
      try {
        return await step();
      } catch (error) {
        if (error instanceof TesseraError) become({ error });
        throw error;
      }
    },
    close() {
      isClosed = true;
      listeners.clear();
      stopTimer?.();
      stopOthers?.();
      void storage.close?.();
    },
  };
}

const json = JSON.stringify;

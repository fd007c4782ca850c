import type { Authentication } from '../identity/authentication';

/** A browser that has logged in. */
export interface Session {
  /** SHA-256 of the cookie's value, base64url. */
  readonly id: string;
  readonly authentication: Authentication;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** The browsers that have logged in. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class SessionStore {
  /** Stores the session in place of the one with its id. */
  abstract save(session: Session): Promise<void>;

  /** The session, unless it has expired at `now`. */
  abstract find(id: string, now: number): Promise<Session | undefined>;

  abstract remove(id: string): Promise<void>;
}

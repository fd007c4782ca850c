import type { Authentication } from '../identity/authentication';

/** A browser that has logged in. Times are in milliseconds since the epoch. */
export interface Session {
  /** What names the session: of a wallet login derived from its challenge, otherwise random. */
  readonly id: string;
  /** SHA-256 of the secret in the cookie, base64url; absent of a session of version 0.1, whose id is that hash. */
  readonly secretHash?: string;
  readonly authentication: Authentication;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** The browsers that have logged in. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class SessionStore {
  /** Stores the session. Throws: {@link SessionIdTakenError}. */
  abstract begin(session: Session): Promise<void>;

  /** The session, unless it has ended, or has expired at `now`. */
  abstract find(id: string, now: number): Promise<Session | undefined>;

  /**
   * Whether there is or was such a session, also when it has ended. Where a challenge and its session change places in
   * two steps of the database it looks again, for up to 200 ms.
   */
  abstract isKnown(id: string): Promise<boolean>;

  /** Ends the session; its record is kept until it would have expired, so that it is still known. */
  abstract end(id: string, now: number): Promise<void>;
}

export class SessionIdTakenError extends Error {
  constructor() {
    super('A session with this id exists');
  }
}

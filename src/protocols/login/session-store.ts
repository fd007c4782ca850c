import type { AccessEnd } from '../../domain/challenges/challenge-end';
import type { Session, SessionClient } from '../../domain/challenges/session';
import type { Page, PageRequest } from '../../platform/storage/page';

/** So many clients are told of one session at most. */
export const sessionClientsAtMost = 50;

/**
 * For so long an ended session is remembered at least, in milliseconds: longer than a code of it can live, which is
 * redeemed only while its session is not known to have ended.
 */
export const endedSessionKeptMs = 660_000;

/** The browsers that have logged in. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class SessionStore {
  /** Stores the session. Throws: {@link SessionIdTakenError}. */
  abstract begin(session: Session): Promise<void>;

  /** The session, unless it has ended, or has expired at `now`. */
  abstract find(id: string, now: number): Promise<Session | undefined>;

  /**
   * The session that there is or was, also when it has ended. Where a challenge and its session change places in two steps
   * of the database it looks again, for up to 200 ms.
   */
  abstract findKnown(id: string): Promise<Session | undefined>;

  /** Remembers that the client is to be told when the session ends, once; nothing where too many are. */
  abstract addClient(id: string, client: SessionClient): Promise<void>;

  /**
   * Remembers in every session of the subject that the client's access has ended: once it resolves, no code that was issued
   * by a session as it was read before becomes a grant. Of more than `accessEndsAtMost` ends the earliest are forgotten.
   */
  abstract endAccess(sub: string, end: AccessEnd): Promise<void>;

  /** The sessions that live at `now`, of a subject or of all, page by page in the order of their ids. Throws: PlaceUnknownError. */
  abstract list(sub: string | undefined, page: PageRequest, now: number): Promise<Page<Session>>;

  /**
   * Ends the session, and with it the codes that were issued in it; true when it had not ended before. Its record is kept
   * until it would have expired, so that it is still known, and for `endedSessionKeptMs` at least.
   */
  abstract end(id: string, now: number): Promise<boolean>;

  /** As {@link end}, of a session whose place another one has taken; that has its `replaced`, and its record shrinks to what a replay needs. */
  abstract endReplaced(id: string, now: number): Promise<boolean>;
}

export class SessionIdTakenError extends Error {
  constructor() {
    super('A session with this id exists');
  }
}

import type { Challenge, ChallengeKind, ChallengeMatch, ChallengeOf } from './challenge';
import type { ChallengeOwner } from './not-before';
import type { Grant } from './grant';
import type { Session } from './session';

/** What a redemption begins: the store saves the grant, session or successor challenge and returns the rest to the caller. */
export interface Beginning {
  readonly grant?: Grant;
  readonly session?: Session;
  /** Its id must be unique. */
  readonly successor?: Challenge;
}

/** A redeemed challenge, which is deleted, and what it became. */
export type Redeemed<Kind extends ChallengeKind, Begun extends Beginning> = Begun & {
  readonly challenge: ChallengeOf<Kind>;
  /** The oldest grants of the same subject and client, revoked because the new one exceeds `liveGrantsAtMost`. */
  readonly endedIds: readonly string[];
};

/**
 * The store of single-use challenges. A challenge belongs to its kind: a code can never be redeemed as a nonce. Every
 * redemption checks the expiry; the sweep only tidies up. Every method rejects with StoreUnavailableError when the database
 * does not answer in time.
 */
export abstract class ChallengeStore {
  /** The database operation that consumes a challenge, as the comparison shows it. */
  abstract readonly atomicStep: string;

  /**
   * Saves challenges; none of them when the first one's id is taken. Throws: {@link ChallengeIdTakenError} when a challenge of
   * any kind has one of the ids.
   */
  abstract save(...challenges: readonly Challenge[]): Promise<void>;

  /** The challenge, even if it has expired but is not swept yet. No flow redeems by this. */
  abstract find<Kind extends ChallengeKind>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined>;

  /**
   * As {@link find}, for what another challenge becomes: where that is two database steps, it retries for up to 1.3 s, so that
   * neither is missed.
   */
  abstract findSuccessor<Kind extends ChallengeKind>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined>;

  /**
   * Deletes and returns the challenge in one atomic step, if it exists, has not expired at `now` (milliseconds since the epoch)
   * and equals `match` in every given field; begins what `begin` makes of it. Of any number of
   * concurrent callers in any number of processes, exactly one gets it; a call that does not match changes nothing. It rejects
   * when the grant or session cannot be written, and nothing of that may be issued. When its session has ended, or its owner's
   * challenges have ({@link end}), no grant begins, and the challenge is gone.
   */
  abstract redeem<Kind extends ChallengeKind, Begun extends Beginning>(
    kind: Kind,
    id: string,
    match: ChallengeMatch<Kind>,
    now: number,
    begin: (challenge: ChallengeOf<Kind>) => Begun,
  ): Promise<Redeemed<Kind, Begun> | undefined>;

  /**
   * Begins a grant without a challenge, as {@link redeem} does; returns the ids of the oldest grants, which it revoked.
   * Undefined, and no grant, when its owner was ended after the grant was created.
   */
  abstract begin(grant: Grant, now: number): Promise<readonly string[] | undefined>;

  /**
   * Ends all challenges that the owner began until `at` (milliseconds since the epoch, possibly in the future). Once it
   * resolves, no process turns one of them into a grant, and every grant made of one before can be found.
   */
  abstract end(owner: ChallengeOwner, at: number): Promise<void>;

  /**
   * Whether challenges that the owner began at `createdAt` have ended. Ask after storing the successor: then either this check
   * sees the end, or whoever ends the owner finds the successor.
   */
  abstract hasEnded(owner: ChallengeOwner, createdAt: number): Promise<boolean>;

  /** Cancels a future end of a client's challenges, for a new client with the same id. */
  abstract reopen(clientId: string): Promise<void>;

  /**
   * Deletes all redeemable challenges of a removed client. Walks over all challenges, so it is for operators only. Used client
   * assertions are kept, so that none can be replayed.
   */
  abstract removeAll(clientId: string): Promise<void>;
}

/** For challenges without a successor. */
export const nothing = (): Beginning => ({});

export class ChallengeIdTakenError extends Error {
  constructor() {
    super('A challenge with this id exists');
  }
}

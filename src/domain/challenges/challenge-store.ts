import type { Challenge, ChallengeKind, ChallengeMatch, ChallengeOf } from './challenge';
import type { ChallengeHolder } from './challenge-end';
import type { Grant } from './grant';

/** What a redemption begins: the store keeps its grant, or the challenge that it becomes, and hands the rest back to the caller. */
export interface Beginning {
  readonly grant?: Grant;
  /** Under an id that nothing else can have. */
  readonly successor?: Challenge;
}

/** A challenge that is gone from the store, and what it became. */
export type Redeemed<Kind extends ChallengeKind, Begun extends Beginning> = Begun & {
  readonly challenge: ChallengeOf<Kind>;
  /** The oldest grants of the same subject at the same client, which the new one has ended; see `liveGrantsAtMost`. */
  readonly endedIds: readonly string[];
};

/**
 * The store of single-use challenges. A challenge belongs to its kind: a code can never be redeemed as a nonce.
 * Expiry is a condition of every redemption; the sweep only tidies up.
 * Every method rejects with StoreUnavailableError when the database does not answer in time.
 */
export abstract class ChallengeStore {
  /** The database operation that gives a challenge up, said to a reader of the comparison. */
  abstract readonly atomicStep: string;

  /**
   * Keeps challenges: none of them when the first one's id is taken. Throws: {@link ChallengeIdTakenError} when any challenge,
   * of whatever kind, has one of these ids.
   */
  abstract save(...challenges: readonly Challenge[]): Promise<void>;

  /** The challenge with its expiry, also when it has expired and is not yet swept. No flow redeems from it. */
  abstract find<Kind extends ChallengeKind>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined>;

  /**
   * Deletes and returns the challenge in one atomic step, if it exists, has not expired at `now` (milliseconds since
   * the epoch) and equals `match` in every given field; with it begins the grant or the challenge that `begin` makes of it. Of any number
   * of callers, in any number of processes, exactly one gets it; a call that does not match changes nothing. A grant
   * that cannot be written rejects, and nothing of it may be issued. A grant of a session that has ended,
   * or of a holder whose challenges have ({@link end}), is not begun, and its challenge is gone with it.
   */
  abstract redeem<Kind extends ChallengeKind, Begun extends Beginning>(
    kind: Kind,
    id: string,
    match: ChallengeMatch<Kind>,
    now: number,
    begin: (challenge: ChallengeOf<Kind>) => Begun,
  ): Promise<Redeemed<Kind, Begun> | undefined>;

  /**
   * Begins a grant that no challenge becomes, as {@link redeem} does; returns the ids of the oldest ones that it has ended.
   * Undefined, and nothing begun, when its holder has ended since the grant was made.
   */
  abstract begin(grant: Grant, now: number): Promise<readonly string[] | undefined>;

  /**
   * Ends the challenges that the holder has begun until `at` (milliseconds since the epoch), which may lie ahead. Once it
   * resolves, none of them becomes a grant in any process, and what one has become before is there to be found.
   */
  abstract end(holder: ChallengeHolder, at: number): Promise<void>;

  /**
   * Whether what the holder has begun at `createdAt` has ended. To be asked when what it became has been stored: so
   * whoever ends it finds that, or is heard of here.
   */
  abstract hasEnded(holder: ChallengeHolder, createdAt: number): Promise<boolean>;

  /** Takes back that the challenges of a client will end: for another one with its id. */
  abstract reopen(clientId: string): Promise<void>;

  /**
   * Forgets what a client could still redeem, which is gone: a walk over all challenges, for an operator's sake. What
   * it has used of its assertions is remembered, so that none can be used again.
   */
  abstract removeAll(clientId: string): Promise<void>;
}

/** For challenges that become nothing that is kept. */
export const nothing = (): Beginning => ({});

export class ChallengeIdTakenError extends Error {
  constructor() {
    super('A challenge with this id exists');
  }
}

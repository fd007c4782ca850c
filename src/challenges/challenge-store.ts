import type { Challenge, ChallengeKind, ChallengeMatch, ChallengeOf } from './challenge';

/**
 * The store of single-use challenges. A challenge belongs to its kind: a code can never be spent as a nonce.
 * Expiry is a condition of every consumption; the sweep only tidies up.
 * Every method rejects with StoreUnavailableError when the database does not answer in time.
 */
export abstract class ChallengeStore {
  /** The database operation that {@link consume} is, said to a reader of the comparison. */
  abstract readonly atomicStep: string;

  /** Throws: {@link ChallengeIdTakenError} when any challenge, of whatever kind, has this id. */
  abstract save(challenge: Challenge): Promise<void>;

  /** The challenge with its expiry, also when it has expired and is not yet swept. No flow redeems from it. */
  abstract find<Kind extends ChallengeKind>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined>;

  /**
   * Removes and returns the challenge in one atomic step, if it exists, has not expired at `now` (milliseconds since
   * the epoch) and equals `match` in every given field. Of any number of callers, in any number of processes, exactly
   * one gets it; a call that does not match changes nothing.
   */
  abstract consume<Kind extends ChallengeKind>(
    kind: Kind,
    id: string,
    match: ChallengeMatch<Kind>,
    now: number,
  ): Promise<ChallengeOf<Kind> | undefined>;
}

export class ChallengeIdTakenError extends Error {
  constructor() {
    super('A challenge with this id exists');
  }
}

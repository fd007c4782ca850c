import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import type { Challenge, ChallengeKind, ChallengeMatch, ChallengeOf } from './challenge';
import { ChallengeIdTakenError, ChallengeStore } from './challenge-store';

/** Keeps challenges in LMDB; one write transaction of its single writer is the atomic step. */
export class LmdbChallengeStore extends ChallengeStore {
  readonly atomicStep = 'one LMDB write transaction';
  private readonly challenges: LmdbTable<Challenge>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.challenges = database.table('challenges');
  }

  async save(challenge: Challenge): Promise<void> {
    await this.database.write(() => {
      if (this.challenges.get(challenge.id) !== undefined) throw new ChallengeIdTakenError();
      this.challenges.put(challenge.id, challenge);
    });
  }

  async find<Kind extends ChallengeKind>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined> {
    const challenge = this.challenges.getFresh(id);
    return isOfKind(challenge, kind) ? challenge : undefined;
  }

  async consume<Kind extends ChallengeKind>(
    kind: Kind,
    id: string,
    match: ChallengeMatch<Kind>,
    now: number,
  ): Promise<ChallengeOf<Kind> | undefined> {
    return this.database.write(() => {
      const challenge = this.challenges.get(id);
      if (!isOfKind(challenge, kind) || challenge.expiresAt <= now || !matches(challenge, match)) return undefined;
      this.challenges.remove(id);
      return challenge;
    });
  }
}

function isOfKind<Kind extends ChallengeKind>(
  challenge: Challenge | undefined,
  kind: Kind,
): challenge is ChallengeOf<Kind> {
  return challenge?.kind === kind;
}

function matches(challenge: Challenge, match: object): boolean {
  const fields = new Map<string, unknown>(Object.entries(challenge));
  return Object.entries(match).every(([field, value]) => fields.get(field) === value);
}

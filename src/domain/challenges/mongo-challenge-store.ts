import { answered, isDuplicateKey } from '../../platform/storage/mongo-answered';
import { equal, MongoCollection, mongoModel } from '../../platform/storage/mongo-collection';
import type { MongoDatabase } from '../../platform/storage/mongo-database';
import {
  absentOrEqual,
  type Challenge,
  type ChallengeKind,
  type ChallengeMatch,
  type ChallengeOf,
  challengeRecords,
  expiredChallengeKept,
  usedOnceKinds,
} from './challenge';
import { type Beginnings, type ChallengeHolder, endedSince, holderIn, type SessionEnd } from './challenge-end';
import { type Beginning, ChallengeIdTakenError, ChallengeStore, type Redeemed } from './challenge-store';
import { endedAtOnce, type Grant, limitedKindOf, liveGrantsAtMost, rememberedUntil } from './grant';
import { MongoChallengeEnds } from './mongo-challenge-ends';
import { endedAt, mongoGrants } from './mongo-grants';
import { type SessionRecord, sessionRecords } from './session';

export const challengeModel = mongoModel(challengeRecords, [], expiredChallengeKept);

/** Keeps challenges in MongoDB; one `findOneAndDelete` with the whole predicate is the atomic step. */
export class MongoChallengeStore extends ChallengeStore {
  readonly atomicStep = 'one findOneAndDelete';

  private readonly challenges: MongoCollection<Challenge>;
  private readonly grants: MongoCollection<Grant>;
  private readonly sessions: MongoCollection<SessionRecord>;
  private readonly ends: MongoChallengeEnds;

  constructor(database: MongoDatabase) {
    super();
    this.challenges = new MongoCollection(database.connection, challengeRecords);
    this.grants = mongoGrants(database);
    this.sessions = new MongoCollection(database.connection, sessionRecords);
    this.ends = new MongoChallengeEnds(database);
  }

  async save(...challenges: readonly Challenge[]): Promise<void> {
    const [first, ...others] = challenges.map((challenge) => this.challenges.encode(challenge));
    if (first === undefined) return;
    try {
      // In their order: what follows one whose id is taken is not written.
      if (others.length > 0) await answered(() => this.challenges.raw.insertMany([first, ...others]));
      else await answered(() => this.challenges.raw.insertOne(first));
    } catch (error) {
      throw isDuplicateKey(error) ? new ChallengeIdTakenError() : error;
    }
  }

  async find<Kind extends ChallengeKind>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined> {
    return (await this.challenges.find(equal({ _id: id, kind }))) as ChallengeOf<Kind> | undefined;
  }

  async redeem<Kind extends ChallengeKind, Begun extends Beginning>(
    kind: Kind,
    id: string,
    match: ChallengeMatch<Kind>,
    now: number,
    begin: (challenge: ChallengeOf<Kind>) => Begun,
  ): Promise<Redeemed<Kind, Begun> | undefined> {
    const alive = { ...equal({ _id: id, kind }), expiresAt: { $gt: new Date(now) } };
    const predicate = { $and: [alive, ...Object.entries(match).map(equals)] };
    const deleted = await answered(() => this.challenges.raw.findOneAndDelete(predicate));
    const challenge = this.challenges.decode(deleted) as ChallengeOf<Kind> | undefined;
    if (challenge === undefined) return undefined;
    const begun = begin(challenge);
    // A process that ends before the next line leaves the challenge deleted and nothing issued.
    if (begun.successor !== undefined) await this.save(begun.successor);
    if (begun.grant === undefined) return { ...begun, challenge, endedIds: [] };
    const endedIds = await this.beginSince(challenge, begun.grant, now);
    return endedIds && { ...begun, challenge, endedIds };
  }

  async begin(grant: Grant, now: number): Promise<readonly string[] | undefined> {
    return this.beginSince(grant, grant, now);
  }

  async end(holder: ChallengeHolder, at: number): Promise<void> {
    await this.ends.add(holder, at);
  }

  async hasEnded(holder: ChallengeHolder, createdAt: number): Promise<boolean> {
    return this.ends.include(holder, createdAt);
  }

  async reopen(clientId: string): Promise<void> {
    await this.ends.remove({ clientId });
  }

  async removeAll(clientId: string): Promise<void> {
    await this.challenges.removeAll({ ...equal({ clientId }), kind: { $nin: [...usedOnceKinds] } });
  }

  /** Stores the grant, unless what it rests on has ended since its beginnings; returns the ids of those that it ends. */
  private async beginSince(beginnings: Beginnings, grant: Grant, now: number): Promise<readonly string[] | undefined> {
    // False when the challenge has become a grant before: its id is the primary key.
    if (!(await this.grants.insert(grant))) return undefined;
    // After the grant is there: who ends a session or a holder later finds it, who did so before is seen here.
    const [sessionHasEnded, holderHasEnded, surplus] = await Promise.all([
      this.hasEndedInSession(grant, beginnings),
      this.hasEnded(holderIn(grant), beginnings.createdAt),
      this.surplusOf(grant),
    ]);
    if (sessionHasEnded || holderHasEnded) {
      await this.grants.remove(equal({ _id: grant.id }));
      return undefined;
    }
    return surplus.length === 0 ? [] : this.endSurplus(surplus, grant, now);
  }

  /** Whether the session has, or the client's access in it; in one read. */
  private async hasEndedInSession({ sessionId, clientId }: Grant, beginnings: Beginnings): Promise<boolean> {
    if (sessionId === undefined) return false;
    const projection = { _id: 0, endedAt: 1, accessEnds: 1 } as const;
    const session = await answered(() => this.sessions.raw.findOne(equal({ _id: sessionId }), { projection }));
    return session !== null && endedSince(session as SessionEnd, clientId, beginnings);
  }

  /** The oldest grants of the same holder that the new one leaves no room for: what an index says, and seldom any. */
  private async surplusOf(grant: Grant): Promise<string[]> {
    const { clientId, authentication } = grant;
    const same = equal({ 'authentication.sub': authentication.sub, live: limitedKindOf(grant), clientId });
    const found = await this.grants.documents(
      { ...same, _id: { $ne: grant.id } },
      { sort: { createdAt: -1 }, skip: liveGrantsAtMost - 1, limit: endedAtOnce, projection: { _id: 1 } },
    );
    return found.map(({ _id }) => _id);
  }

  private async endSurplus(ids: readonly string[], grant: Grant, now: number): Promise<readonly string[]> {
    const change = { ...endedAt(now), $min: { expiresAt: new Date(rememberedUntil(grant, now)) } };
    const living = { _id: { $in: [...ids] }, revokedAt: { $exists: false } };
    await this.grants.updateAll(living, change);
    return ids;
  }
}

/** In $eq or $in, so that a value is never read as an operator; a time as the record has it. */
function equals([field, value]: [field: string, value: unknown]): object {
  // null stands for a field that is not there.
  if (field === absentOrEqual) return { [field]: { $in: [null, ...(value === undefined ? [] : [value])] } };
  const isTime = typeof value === 'number' && (field === 'createdAt' || field === 'expiresAt');
  return { [field]: { $eq: isTime ? new Date(value) : value } };
}

import { withStoreErrors, isDuplicateKey } from '../../platform/storage/mongo-operation';
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
import { type Beginnings, type ChallengeOwner, endedSince, ownerIn, type SessionEnd } from './not-before';
import { type Beginning, ChallengeIdTakenError, ChallengeStore, type Redeemed } from './challenge-store';
import { endedAtOnce, type Grant, limitedKindOf, liveGrantsAtMost, rememberedUntil } from './grant';
import { MongoNotBefores } from './mongo-not-befores';
import { endedAt, mongoGrants } from './mongo-grants';
import { type SessionRecord, sessionRecords } from './session';

export const challengeModel = mongoModel(challengeRecords, [], expiredChallengeKept);

/** Stores challenges in MongoDB; one `findOneAndDelete` with the whole predicate is the atomic step. */
export class MongoChallengeStore extends ChallengeStore {
  readonly atomicStep = 'one findOneAndDelete';

  private readonly challenges: MongoCollection<Challenge>;
  private readonly grants: MongoCollection<Grant>;
  private readonly sessions: MongoCollection<SessionRecord>;
  private readonly ends: MongoNotBefores;

  constructor(database: MongoDatabase) {
    super();
    this.challenges = new MongoCollection(database.connection, challengeRecords);
    this.grants = mongoGrants(database);
    this.sessions = new MongoCollection(database.connection, sessionRecords);
    this.ends = new MongoNotBefores(database);
  }

  async save(...challenges: readonly Challenge[]): Promise<void> {
    const [first, ...others] = challenges.map((challenge) => this.challenges.encode(challenge));
    if (first === undefined) return;
    try {
      // Ordered: nothing after a taken id is written.
      if (others.length > 0) await withStoreErrors(() => this.challenges.raw.insertMany([first, ...others]));
      else await withStoreErrors(() => this.challenges.raw.insertOne(first));
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
    const deleted = await withStoreErrors(() => this.challenges.raw.findOneAndDelete(predicate));
    const challenge = this.challenges.decode(deleted) as ChallengeOf<Kind> | undefined;
    if (challenge === undefined) return undefined;
    const begun = begin(challenge);
    // A process that dies before the next line leaves the challenge deleted and nothing issued.
    if (begun.successor !== undefined) await this.save(begun.successor);
    if (begun.grant === undefined) return { ...begun, challenge, endedIds: [] };
    const endedIds = await this.beginSince(challenge, begun.grant, now);
    return endedIds && { ...begun, challenge, endedIds };
  }

  async begin(grant: Grant, now: number): Promise<readonly string[] | undefined> {
    return this.beginSince(grant, grant, now);
  }

  async end(owner: ChallengeOwner, at: number): Promise<void> {
    await this.ends.add(owner, at);
  }

  async hasEnded(owner: ChallengeOwner, createdAt: number): Promise<boolean> {
    return this.ends.include(owner, createdAt);
  }

  async reopen(clientId: string): Promise<void> {
    await this.ends.remove({ clientId });
  }

  async removeAll(clientId: string): Promise<void> {
    await this.challenges.removeAll({ ...equal({ clientId }), kind: { $nin: [...usedOnceKinds] } });
  }

  /** Stores the grant, unless its session or owner has ended meanwhile; returns the ids of the grants that it revoked. */
  private async beginSince(beginnings: Beginnings, grant: Grant, now: number): Promise<readonly string[] | undefined> {
    // False when the challenge already became a grant: its id is the primary key.
    if (!(await this.grants.insert(grant))) return undefined;
    // After the grant is written: a later end of the session or owner finds the grant, an earlier one is seen here.
    const [sessionHasEnded, ownerHasEnded, surplus] = await Promise.all([
      this.hasEndedInSession(grant, beginnings),
      this.hasEnded(ownerIn(grant), beginnings.createdAt),
      this.surplusOf(grant),
    ]);
    if (sessionHasEnded || ownerHasEnded) {
      await this.grants.remove(equal({ _id: grant.id }));
      return undefined;
    }
    return surplus.length === 0 ? [] : this.endSurplus(surplus, grant, now);
  }

  /** Whether the session, or the client's access in it, has ended; in one read. */
  private async hasEndedInSession({ sessionId, clientId }: Grant, beginnings: Beginnings): Promise<boolean> {
    if (sessionId === undefined) return false;
    const projection = { _id: 0, endedAt: 1, accessEnds: 1 } as const;
    const session = await withStoreErrors(() => this.sessions.raw.findOne(equal({ _id: sessionId }), { projection }));
    return session !== null && endedSince(session as SessionEnd, clientId, beginnings);
  }

  /** The same owner's oldest grants over the limit: one index query, usually empty. */
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

/** By $eq or $in, so that a value is never read as an operator; a time in the record's format. */
function equals([field, value]: [field: string, value: unknown]): object {
  // null stands for an absent field.
  if (field === absentOrEqual) return { [field]: { $in: [null, ...(value === undefined ? [] : [value])] } };
  const isTime = typeof value === 'number' && (field === 'createdAt' || field === 'expiresAt');
  return { [field]: { $eq: isTime ? new Date(value) : value } };
}

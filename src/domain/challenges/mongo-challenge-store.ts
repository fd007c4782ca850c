import { Batch } from '../../platform/storage/batch';
import { lookAgain } from '../../platform/storage/look-again';
import { withStoreErrors, isDuplicateKey } from '../../platform/storage/mongo-operation';
import { equal, type Filter, MongoCollection, mongoModel } from '../../platform/storage/mongo-collection';
import { namedRecords } from '../../platform/storage/mongo-records';
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
  private readonly surplus = new Batch<Grant, readonly string[]>((grants) => this.surplusOf(grants));
  private readonly surplusEnds = new Batch<Surplus, true>((surplus) => this.endSurplus(surplus));

  constructor(database: MongoDatabase) {
    super();
    this.challenges = new MongoCollection(database.connection, challengeRecords);
    this.grants = mongoGrants(database);
    this.sessions = namedRecords(database.connection, sessionRecords);
    this.ends = new MongoNotBefores(database);
  }

  async save(...challenges: readonly Challenge[]): Promise<void> {
    const [only] = challenges;
    if (only !== undefined && challenges.length === 1) {
      if (!(await this.challenges.insert(only))) throw new ChallengeIdTakenError();
      return;
    }
    try {
      const documents = challenges.map((challenge) => this.challenges.encode(challenge));
      // Ordered: nothing after a taken id is written.
      await withStoreErrors(() => this.challenges.raw.insertMany(documents));
    } catch (error) {
      throw isDuplicateKey(error) ? new ChallengeIdTakenError() : error;
    }
  }

  async find<Kind extends ChallengeKind>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined> {
    const challenge = await this.challenges.get(id);
    return challenge?.kind === kind ? (challenge as ChallengeOf<Kind>) : undefined;
  }

  async findSuccessor<Kind extends ChallengeKind>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined> {
    return lookAgain(() => this.find(kind, id));
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
    // False as for a grant: it became a session before.
    if (begun.session !== undefined && !(await this.sessions.insert(begun.session))) return undefined;
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
      this.surplus.ask(grant),
    ]);
    if (sessionHasEnded || ownerHasEnded) {
      await this.grants.remove(equal({ _id: grant.id }));
      return undefined;
    }
    if (surplus.length > 0) await this.surplusEnds.ask({ ids: surplus, grant, now });
    return surplus;
  }

  /** Whether the session, or the client's access in it, has ended. */
  private async hasEndedInSession({ sessionId, clientId }: Grant, beginnings: Beginnings): Promise<boolean> {
    if (sessionId === undefined) return false;
    const session = await this.sessions.document(sessionId);
    return session !== null && endedSince(session as SessionEnd, clientId, beginnings);
  }

  /** The oldest grants over the limit, each beside one grant of its group. */
  private async surplusOf(grants: readonly Grant[]): Promise<string[][]> {
    const kept = Math.max(liveGrantsAtMost - grants.length, 0);
    const stages = [
      { $match: { $or: grants.map(inGroupOf), _id: { $nin: grants.map(({ id }) => id) } } },
      { $group: { _id: groupFields, live: { $push: { id: '$_id', createdAt: '$createdAt' } } } },
      { $match: { [`live.${kept}`]: { $exists: true } } },
    ];
    const found = await withStoreErrors(() => this.grants.raw.aggregate<Group>(stages).toArray());
    const liveIn = new Map(found.map(({ _id, live }) => [JSON.stringify(_id), live]));
    const groups = grants.map((grant) => JSON.stringify(groupOf(grant)));
    return groups.map((group, at) => {
      if (groups.indexOf(group) < at) return [];
      const begun = groups.filter((each) => each === group).length;
      // Sorted here: not every server pushes in the order of an earlier stage (observed: DocumentDB).
      const latestFirst = (liveIn.get(group) ?? []).toSorted(
        (one, other) => Number(other.createdAt) - Number(one.createdAt),
      );
      const over = latestFirst.slice(Math.max(liveGrantsAtMost - begun, 0));
      return over.slice(0, endedAtOnce).map(({ id }) => id);
    });
  }

  private async endSurplus(surplus: readonly Surplus[]): Promise<true[]> {
    const changes = surplus.map(({ ids, grant, now }) => ({
      updateMany: {
        filter: { _id: { $in: [...ids] }, revokedAt: { $exists: false } },
        update: { ...endedAt(now), $min: { expiresAt: new Date(rememberedUntil(grant, now)) } },
      },
    }));
    await withStoreErrors(() => this.grants.raw.bulkWrite(changes, { ordered: false }));
    return surplus.map(() => true);
  }
}

/** Live grants that the limit counts together. */
interface Group {
  readonly _id: ReturnType<typeof groupOf>;
  readonly live: readonly { readonly id: string; readonly createdAt: Date }[];
}

const groupFields = { sub: '$authentication.sub', live: '$live', clientId: '$clientId' };

/** What a new grant ends. */
interface Surplus {
  readonly ids: readonly string[];
  readonly grant: Grant;
  readonly now: number;
}

/** Of the live grants with these values at most {@link liveGrantsAtMost} stay. */
function groupOf(grant: Grant) {
  return { sub: grant.authentication.sub, live: limitedKindOf(grant), clientId: grant.clientId };
}

function inGroupOf(grant: Grant): Filter {
  const { sub, live, clientId } = groupOf(grant);
  return equal({ 'authentication.sub': sub, live, clientId });
}

/** By $eq or $in, so that a value is never read as an operator; a time in the record's format. */
function equals([field, value]: [field: string, value: unknown]): object {
  // null stands for an absent field.
  if (field === absentOrEqual) return { [field]: { $in: [null, ...(value === undefined ? [] : [value])] } };
  const isTime = typeof value === 'number' && (field === 'createdAt' || field === 'expiresAt');
  return { [field]: { $eq: isTime ? new Date(value) : value } };
}

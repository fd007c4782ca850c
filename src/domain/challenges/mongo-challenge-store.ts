import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { type Model, type mongo, Schema as MongooseSchema } from 'mongoose';
import type { GrantedAudience } from '../apis/granted-audience';
import type { Authentication } from '../identity/authentication';
import { collectionOf } from '../../platform/storage/mongo-collection';
import { answered, isDuplicateKey } from '../../platform/storage/mongo-answered';
import {
  absentOrEqual,
  type Challenge,
  type ChallengeKind,
  type ChallengeMatch,
  type ChallengeOf,
  expiredChallengeKept,
  usedOnceKinds,
} from './challenge';
import { type AccessEnd, type Beginnings, type ChallengeHolder, endedSince, holderIn } from './challenge-end';
import { type Beginning, ChallengeIdTakenError, ChallengeStore, type Redeemed } from './challenge-store';
import { endedAtOnce, type Grant, limitedKindOf, liveGrantsAtMost, rememberedUntil } from './grant';
import { MongoChallengeEnds } from './mongo-challenge-ends';
import { endedAt, GrantRecord, toGrantRecord } from './mongo-grant-store';

/** A challenge as MongoDB keeps it: the fields of its kind, flat, so that one predicate can name any of them. */
@Schema({ collection: 'challenges', versionKey: false, minimize: false })
export class ChallengeRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) kind!: ChallengeKind;
  @Prop({ type: Date, required: true }) createdAt!: Date;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
  @Prop({ type: String, required: true }) clientId!: string;
  @Prop({ type: [String], default: undefined }) scope?: string[];
  @Prop({ type: MongooseSchema.Types.Mixed }) audience?: GrantedAudience;
  @Prop({ type: MongooseSchema.Types.Mixed }) authentication?: Authentication;
  @Prop({ type: String }) redirectUri?: string;
  @Prop({ type: String }) codeChallenge?: string;
  @Prop({ type: String }) oidcNonce?: string;
  @Prop({ type: String }) dpopJkt?: string;
  @Prop({ type: String }) sessionId?: string;
  @Prop({ type: String }) accessEnd?: string;
  @Prop({ type: String }) wallet?: string;
  @Prop({ type: Number }) chainId?: number;
  @Prop({ type: String }) message?: string;
  @Prop({ type: String }) statement?: string;
  @Prop({ type: String }) request?: string;
  @Prop({ type: String }) browser?: string;
  @Prop({ type: String }) trace?: string;
}

export const ChallengeSchema = SchemaFactory.createForClass(ChallengeRecord).index(
  { expiresAt: 1 },
  { expireAfterSeconds: expiredChallengeKept },
);

/** What the redemption of a code wants to know of a session; see SessionEnd. */
interface SessionEndRecord {
  _id: string;
  endedAt?: Date;
  accessEnds?: AccessEnd[];
}

/** Keeps challenges in MongoDB; one `findOneAndDelete` with the whole predicate is the atomic step. */
@Injectable()
export class MongoChallengeStore extends ChallengeStore {
  readonly atomicStep = 'one findOneAndDelete';

  private readonly challenges: mongo.Collection<ChallengeRecord>;
  private readonly grants: mongo.Collection<GrantRecord>;
  private readonly sessions: mongo.Collection<SessionEndRecord>;

  constructor(
    @InjectModel(ChallengeRecord.name) challenges: Model<ChallengeRecord>,
    @InjectModel(GrantRecord.name) grants: Model<GrantRecord>,
    private readonly ends: MongoChallengeEnds,
  ) {
    super();
    this.challenges = collectionOf(challenges);
    this.grants = collectionOf(grants);
    this.sessions = grants.db.collection('sessions') as unknown as mongo.Collection<SessionEndRecord>;
  }

  async save(...challenges: readonly Challenge[]): Promise<void> {
    const [first, ...others] = challenges.map(toRecord);
    if (first === undefined) return;
    try {
      // In their order: what follows one whose id is taken is not written.
      if (others.length > 0) await answered(() => this.challenges.insertMany([first, ...others]));
      else await answered(() => this.challenges.insertOne(first));
    } catch (error) {
      throw isDuplicateKey(error) ? new ChallengeIdTakenError() : error;
    }
  }

  async find<Kind extends ChallengeKind>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined> {
    const record = await answered(() => this.challenges.findOne({ _id: { $eq: id }, kind }));
    return record === null ? undefined : fromRecord<Kind>(record);
  }

  async redeem<Kind extends ChallengeKind, Begun extends Beginning>(
    kind: Kind,
    id: string,
    match: ChallengeMatch<Kind>,
    now: number,
    begin: (challenge: ChallengeOf<Kind>) => Begun,
  ): Promise<Redeemed<Kind, Begun> | undefined> {
    const alive = { _id: { $eq: id }, kind, expiresAt: { $gt: new Date(now) } };
    const predicate = { $and: [alive, ...Object.entries(match).map(equals)] } as mongo.Filter<ChallengeRecord>;
    const record = await answered(() => this.challenges.findOneAndDelete(predicate));
    if (record === null) return undefined;
    const challenge = fromRecord<Kind>(record);
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
    const meant = { clientId: { $eq: clientId }, kind: { $nin: [...usedOnceKinds] } };
    await answered(() => this.challenges.deleteMany(meant as mongo.Filter<ChallengeRecord>));
  }

  /** Stores the grant, unless what it rests on has ended since its beginnings; returns the ids of those that it ends. */
  private async beginSince(beginnings: Beginnings, grant: Grant, now: number): Promise<readonly string[] | undefined> {
    if (!(await this.insert(grant))) return undefined;
    // After the grant is there: who ends a session or a holder later finds it, who did so before is seen here.
    const [sessionHasEnded, holderHasEnded, surplus] = await Promise.all([
      this.hasEndedInSession(grant, beginnings),
      this.hasEnded(holderIn(grant), beginnings.createdAt),
      this.surplusOf(grant),
    ]);
    if (sessionHasEnded || holderHasEnded) {
      await answered(() => this.grants.deleteOne({ _id: { $eq: grant.id } }));
      return undefined;
    }
    return surplus.length === 0 ? [] : this.endSurplus(surplus, grant, now);
  }

  /** Whether the session has, or the client's access in it; in one read. */
  private async hasEndedInSession({ sessionId, clientId }: Grant, beginnings: Beginnings): Promise<boolean> {
    if (sessionId === undefined) return false;
    const projection = { _id: 0, endedAt: 1, accessEnds: 1 } as const;
    const session = await answered(() => this.sessions.findOne({ _id: { $eq: sessionId } }, { projection }));
    return session !== null && endedSince(session, clientId, beginnings);
  }

  /** The oldest grants of the same holder that the new one leaves no room for: what an index says, and seldom any. */
  private async surplusOf(grant: Grant): Promise<string[]> {
    const others = {
      sub: { $eq: grant.authentication.sub },
      live: limitedKindOf(grant),
      clientId: { $eq: grant.clientId },
      _id: { $ne: grant.id },
    };
    const found = this.grants.find(others, {
      sort: { createdAt: -1 },
      skip: liveGrantsAtMost - 1,
      limit: endedAtOnce,
      projection: { _id: 1 },
    });
    return (await answered(() => found.toArray())).map(({ _id }) => _id);
  }

  private async endSurplus(ids: readonly string[], grant: Grant, now: number): Promise<readonly string[]> {
    const change = { ...endedAt(now), $min: { expiresAt: new Date(rememberedUntil(grant, now)) } };
    const living = { _id: { $in: [...ids] }, revokedAt: { $exists: false } };
    await answered(() => this.grants.updateMany(living, change));
    return ids;
  }

  /** False when the challenge has become a grant before: its id is the primary key. */
  private async insert(grant: Grant): Promise<boolean> {
    try {
      await answered(() => this.grants.insertOne(toGrantRecord(grant)));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}

/** In $eq or $in, so that a value is never read as an operator; a time as the record has it. */
function equals([field, value]: [field: string, value: unknown]): object {
  // null stands for a field that is not there.
  if (field === absentOrEqual) return { [field]: { $in: [null, ...(value === undefined ? [] : [value])] } };
  const isTime = typeof value === 'number' && (field === 'createdAt' || field === 'expiresAt');
  return { [field]: { $eq: isTime ? new Date(value) : value } };
}

function toRecord({ id, createdAt, expiresAt, ...fields }: Challenge): ChallengeRecord {
  const record = { ...fields, _id: id, createdAt: new Date(createdAt), expiresAt: new Date(expiresAt) };
  return record as ChallengeRecord;
}

function fromRecord<Kind extends ChallengeKind>(record: ChallengeRecord): ChallengeOf<Kind> {
  const { _id, createdAt, expiresAt, ...fields } = record;
  return {
    ...fields,
    id: _id,
    createdAt: createdAt.getTime(),
    expiresAt: expiresAt.getTime(),
  } as unknown as ChallengeOf<Kind>;
}

import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { type Model, Schema as MongooseSchema } from 'mongoose';
import { answered, isDuplicateKey } from '../storage/mongo-answered';
import {
  type Challenge,
  type ChallengeKind,
  type ChallengeMatch,
  type ChallengeOf,
  expiredChallengeKept,
} from './challenge';
import type { Authentication } from '../identity/authentication';
import { ChallengeIdTakenError, ChallengeStore } from './challenge-store';

/** A challenge as MongoDB keeps it: the fields of its kind, flat, so that one predicate can name any of them. */
@Schema({ collection: 'challenges', versionKey: false, minimize: false })
export class ChallengeRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) kind!: ChallengeKind;
  @Prop({ type: Date, required: true }) createdAt!: Date;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
  @Prop({ type: String, required: true }) clientId!: string;
  @Prop({ type: String }) grantId?: string;
  @Prop({ type: [String], default: undefined }) scope?: string[];
  @Prop({ type: MongooseSchema.Types.Mixed }) authentication?: Authentication;
  @Prop({ type: String }) redirectUri?: string;
  @Prop({ type: String }) codeChallenge?: string;
  @Prop({ type: String }) oidcNonce?: string;
  @Prop({ type: String }) wallet?: string;
  @Prop({ type: Number }) chainId?: number;
  @Prop({ type: String }) message?: string;
  @Prop({ type: String }) model?: string;
}

export const ChallengeSchema = SchemaFactory.createForClass(ChallengeRecord).index(
  { expiresAt: 1 },
  { expireAfterSeconds: expiredChallengeKept },
);

/** Keeps challenges in MongoDB; one `findOneAndDelete` with the whole predicate is the atomic step. */
@Injectable()
export class MongoChallengeStore extends ChallengeStore {
  readonly atomicStep = 'one findOneAndDelete';

  constructor(@InjectModel(ChallengeRecord.name) private readonly challenges: Model<ChallengeRecord>) {
    super();
  }

  async save(challenge: Challenge): Promise<void> {
    const { id, createdAt, expiresAt, ...fields } = challenge;
    const record = { _id: id, ...fields, createdAt: new Date(createdAt), expiresAt: new Date(expiresAt) };
    try {
      await answered(() => new this.challenges(record).save());
    } catch (error) {
      throw isDuplicateKey(error) ? new ChallengeIdTakenError() : error;
    }
  }

  async find<Kind extends ChallengeKind>(kind: Kind, id: string): Promise<ChallengeOf<Kind> | undefined> {
    const record = await answered(() => this.challenges.findOne({ _id: id, kind }).lean());
    return record === null ? undefined : fromRecord<Kind>(record);
  }

  async consume<Kind extends ChallengeKind>(
    kind: Kind,
    id: string,
    match: ChallengeMatch<Kind>,
    now: number,
  ): Promise<ChallengeOf<Kind> | undefined> {
    // Each value in $eq, so that a value is never read as an operator.
    const bound = Object.entries(match).map(([field, value]) => ({ [field]: { $eq: value } }));
    const predicate = { $and: [{ _id: id, kind, expiresAt: { $gt: new Date(now) } }, ...bound] };
    const record = await answered(() => this.challenges.findOneAndDelete(predicate).lean());
    return record === null ? undefined : fromRecord<Kind>(record);
  }
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

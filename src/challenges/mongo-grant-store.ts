import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { type Model, type mongo, Schema as MongooseSchema } from 'mongoose';
import type { GrantedAudience } from '../apis/granted-audience';
import type { Authentication, LoginModel } from '../identity/authentication';
import { lookAgain } from '../storage/look-again';
import { collectionOf } from '../storage/mongo-collection';
import { answered } from '../storage/mongo-answered';
import type { ChallengeKind } from './challenge';
import type { FormerId } from './former-records';
import { type CodeProof, type Grant, type RefreshState, type SignatureProof, successorId } from './grant';
import { GrantStore, type Rotated, type RotationMatch } from './grant-store';

type RefreshRecord = Omit<RefreshState, 'rotatedAt' | 'expiresAt'> & {
  readonly rotatedAt?: Date;
  readonly expiresAt: Date;
};

/** A grant as MongoDB keeps it, or, with nothing but `grantId`, a former id of one. */
@Schema({ collection: 'grants', versionKey: false, minimize: false })
export class GrantRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
  @Prop({ type: String }) model?: LoginModel;
  @Prop({ type: String }) clientId?: string;
  @Prop({ type: [String], default: undefined }) scope?: string[];
  @Prop({ type: MongooseSchema.Types.Mixed }) audience?: GrantedAudience;
  @Prop({ type: MongooseSchema.Types.Mixed }) authentication?: Authentication;
  @Prop({ type: MongooseSchema.Types.Mixed }) proof?: CodeProof | SignatureProof;
  @Prop({ type: Date }) createdAt?: Date;
  @Prop({ type: Date }) revokedAt?: Date;
  @Prop({ type: MongooseSchema.Types.Mixed }) refresh?: RefreshRecord;
  @Prop({ type: String }) grantId?: string;
}

export const GrantSchema = SchemaFactory.createForClass(GrantRecord).index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

/** Keeps grants in MongoDB; one `findOneAndUpdate` with the whole predicate rotates a refresh token. */
@Injectable()
export class MongoGrantStore extends GrantStore {
  private readonly grants: mongo.Collection<GrantRecord>;

  constructor(@InjectModel(GrantRecord.name) grants: Model<GrantRecord>) {
    super();
    this.grants = collectionOf(grants);
  }

  async find(id: string): Promise<Grant | undefined> {
    const found = await this.read(id);
    return isFormerId(found) ? fromRecord(await this.read(found.grantId)) : fromRecord(found);
  }

  async findSuccessor(kind: ChallengeKind, challengeId: string): Promise<Grant | undefined> {
    return lookAgain(() => this.find(successorId(kind, challengeId)));
  }

  async rotate(id: string, match: RotationMatch, rotated: Rotated, now: number): Promise<Grant | undefined> {
    const { clientId, current, scope } = match;
    // Each value in $eq, so that a value is never read as an operator.
    const predicate: mongo.Filter<GrantRecord> = {
      _id: { $eq: id },
      clientId: { $eq: clientId },
      revokedAt: { $exists: false },
      'refresh.current': { $eq: current },
      'refresh.expiresAt': { $gt: new Date(now) },
      ...(scope.length > 0 && { scope: { $in: [...scope] } }),
    };
    const change = Object.entries({ ...rotated, rotatedAt: new Date(rotated.rotatedAt) }).map(
      ([field, value]) => [`refresh.${field}`, value] as const,
    );
    const record = await answered(() =>
      this.grants.findOneAndUpdate(predicate, { $set: Object.fromEntries(change) }, { returnDocument: 'after' }),
    );
    return fromRecord(record);
  }

  async backdate(id: string, createdAt: number): Promise<void> {
    const change = { $set: { createdAt: new Date(createdAt) } };
    await answered(() => this.grants.updateOne({ _id: { $eq: id }, model: { $exists: true } }, change));
  }

  async revoke(id: string, now: number): Promise<boolean> {
    const predicate = { _id: { $eq: id }, model: { $exists: true }, revokedAt: { $exists: false } };
    const { modifiedCount } = await answered(() =>
      this.grants.updateOne(predicate, { $set: { revokedAt: new Date(now) } }),
    );
    return modifiedCount === 1;
  }

  private async read(id: string): Promise<GrantRecord | null> {
    return answered(() => this.grants.findOne({ _id: { $eq: id } }));
  }
}

export function toGrantRecord({ id, createdAt, expiresAt, revokedAt, refresh, scope, ...fields }: Grant): GrantRecord {
  return {
    _id: id,
    ...fields,
    scope: [...scope],
    createdAt: new Date(createdAt),
    expiresAt: new Date(expiresAt),
    ...(revokedAt !== undefined && { revokedAt: new Date(revokedAt) }),
    ...(refresh !== undefined && { refresh: toRefreshRecord(refresh) }),
  };
}

function toRefreshRecord({ rotatedAt, expiresAt, ...fields }: RefreshState): RefreshRecord {
  return {
    ...fields,
    expiresAt: new Date(expiresAt),
    ...(rotatedAt !== undefined && { rotatedAt: new Date(rotatedAt) }),
  };
}

function isFormerId(record: GrantRecord | null): record is GrantRecord & FormerIdRecord {
  return record?.grantId !== undefined;
}

type FormerIdRecord = Pick<FormerId, 'grantId'>;

function fromRecord(record: GrantRecord | null): Grant | undefined {
  if (record === null) return undefined;
  const { _id, model, clientId, scope, audience, authentication, proof, createdAt, expiresAt, revokedAt, refresh } =
    record;
  if (!model || !clientId || !scope || !authentication || !proof || !createdAt) return undefined;
  return {
    id: _id,
    model,
    clientId,
    scope,
    ...(audience !== undefined && { audience }),
    authentication,
    proof,
    createdAt: createdAt.getTime(),
    expiresAt: expiresAt.getTime(),
    ...(revokedAt !== undefined && { revokedAt: revokedAt.getTime() }),
    ...(refresh !== undefined && { refresh: fromRefreshRecord(refresh) }),
  };
}

function fromRefreshRecord({ rotatedAt, expiresAt, ...fields }: RefreshRecord): RefreshState {
  return {
    ...fields,
    expiresAt: expiresAt.getTime(),
    ...(rotatedAt !== undefined && { rotatedAt: rotatedAt.getTime() }),
  };
}

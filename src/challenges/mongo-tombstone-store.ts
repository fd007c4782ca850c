import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { answered, changedOrInserted } from '../storage/mongo-answered';
import type { ChallengeKind } from './challenge';
import { type Tombstone, TombstoneStore } from './tombstone-store';

@Schema({ collection: 'tombstones', versionKey: false })
export class TombstoneRecord {
  /** The kind and the id of the challenge. */
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: String, required: true }) kind!: ChallengeKind;
  @Prop({ type: String, required: true }) id!: string;
  @Prop({ type: String, required: true }) grantId!: string;
  @Prop({ type: String, required: true }) clientId!: string;
  @Prop({ type: Date, required: true }) spentAt!: Date;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
  @Prop({ type: String }) codeChallenge?: string;
  @Prop({ type: String }) wallet?: string;
  @Prop({ type: Number }) chainId?: number;
  @Prop({ type: String }) message?: string;
  @Prop({ type: String }) successor?: string;
}

export const TombstoneSchema = SchemaFactory.createForClass(TombstoneRecord).index(
  { expiresAt: 1 },
  { expireAfterSeconds: 0 },
);

@Injectable()
export class MongoTombstoneStore extends TombstoneStore {
  constructor(@InjectModel(TombstoneRecord.name) private readonly tombstones: Model<TombstoneRecord>) {
    super();
  }

  async leave(tombstone: Tombstone): Promise<Tombstone> {
    const _id = keyOf(tombstone.kind, tombstone.id);
    const spentAt = new Date(tombstone.spentAt);
    const record = await changedOrInserted(
      () => this.tombstones.findOneAndUpdate({ _id }, { $set: { spentAt } }, { returnDocument: 'after' }).lean(),
      async () => {
        const left = { _id, ...tombstone, spentAt, expiresAt: new Date(tombstone.expiresAt) };
        await this.tombstones.create([left]);
        return left;
      },
    );
    return fromRecord(record);
  }

  async find(kind: ChallengeKind, id: string, now: number): Promise<Tombstone | undefined> {
    const predicate = { _id: keyOf(kind, id), expiresAt: { $gt: new Date(now) } };
    const record = await answered(() => this.tombstones.findOne(predicate).lean());
    return record === null ? undefined : fromRecord(record);
  }
}

function keyOf(kind: ChallengeKind, id: string): string {
  return `${kind}:${id}`;
}

function fromRecord(record: TombstoneRecord): Tombstone {
  const { _id, spentAt, expiresAt, ...fields } = record;
  return { ...fields, spentAt: spentAt.getTime(), expiresAt: expiresAt.getTime() };
}

import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { Model, mongo } from 'mongoose';
import { answered, changedOrInserted } from '../storage/mongo-answered';
import { collectionOf } from '../storage/mongo-collection';
import { RateLimitStore } from './rate-limit-store';

@Schema({ collection: 'rate_limits', versionKey: false })
export class RateLimitRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: Number, required: true }) count!: number;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
}

export const RateLimitSchema = SchemaFactory.createForClass(RateLimitRecord).index(
  { expiresAt: 1 },
  { expireAfterSeconds: 0 },
);

@Injectable()
export class MongoRateLimitStore extends RateLimitStore {
  private readonly counters: mongo.Collection<RateLimitRecord>;

  constructor(@InjectModel(RateLimitRecord.name) counters: Model<RateLimitRecord>) {
    super();
    this.counters = collectionOf(counters);
  }

  async count(key: string, expiresAt: number, step = 1): Promise<number> {
    const change = { $inc: { count: step }, $set: { expiresAt: new Date(expiresAt) } };
    const record = await changedOrInserted(
      () => this.counters.findOneAndUpdate({ _id: { $eq: key } }, change, { returnDocument: 'after' }),
      async () => {
        const first = { _id: key, count: step, expiresAt: new Date(expiresAt) };
        await this.counters.insertOne(first);
        return first;
      },
    );
    return record.count;
  }

  async has(key: string, now: number): Promise<boolean> {
    const record = await answered(() => this.counters.findOne({ _id: { $eq: key } }));
    return record !== null && record.expiresAt.getTime() > now;
  }
}

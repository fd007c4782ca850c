import { withStoreErrors, changedOrInserted } from '../storage/mongo-operation';
import { equal, mongoModel, rawCollection } from '../storage/mongo-collection';
import type { MongoDatabase } from '../storage/mongo-database';
import { counterTable, RateLimitStore } from './rate-limit-store';

export const counterModel = mongoModel(counterTable);

export class MongoRateLimitStore extends RateLimitStore {
  private readonly counters;

  constructor({ connection }: MongoDatabase) {
    super();
    this.counters = rawCollection(connection, counterTable.name);
  }

  async count(key: string, expiresAt: number, step = 1): Promise<number> {
    const expiry = { expiresAt: new Date(expiresAt) };
    const change = { $inc: { count: step }, $set: expiry };
    const counter = await changedOrInserted<{ readonly [field: string]: unknown }>(
      () => this.counters.findOneAndUpdate(equal({ _id: key }), change, { returnDocument: 'after' }),
      async () => {
        await this.counters.insertOne({ _id: key, count: step, ...expiry });
        return { count: step };
      },
    );
    return Number(counter['count']);
  }

  async has(key: string, now: number): Promise<boolean> {
    const unexpired = { ...equal({ _id: key }), expiresAt: { $gt: new Date(now) } };
    return (await withStoreErrors(() => this.counters.findOne(unexpired))) !== null;
  }
}

import { Injectable } from '@nestjs/common';
import { answered } from './mongo-answered';
import { MongoDatabase } from './mongo-database';
import { type InspectedCollection, type InspectedRecord, StoreInspector } from './store-inspector';

@Injectable()
export class MongoStoreInspector extends StoreInspector {
  constructor(private readonly database: MongoDatabase) {
    super();
  }

  async ping(): Promise<void> {
    await this.database.ping();
  }

  async list(collection: InspectedCollection, limit: number): Promise<InspectedRecord[]> {
    const documents = await answered(() =>
      this.database.connection
        .collection(collection)
        .find()
        .sort({ createdAt: -1, spentAt: -1, expiresAt: -1 })
        .limit(limit)
        .toArray(),
    );
    return documents.map(({ _id, ...fields }) => ({ id: String(_id), ...withEpochMillis(fields) }));
  }

  async count(collection: InspectedCollection): Promise<number> {
    return answered(() => this.database.connection.collection(collection).countDocuments());
  }

  async countKinds(limit: number): Promise<Readonly<Record<string, number>>> {
    const challenges = this.database.connection.collection('challenges');
    const perKind = [{ $limit: limit }, { $group: { _id: '$kind', count: { $sum: 1 } } }];
    const counts = await answered(() => challenges.aggregate<{ _id: string; count: number }>(perKind).toArray());
    return Object.fromEntries(counts.map(({ _id, count }) => [_id, count]));
  }
}

function withEpochMillis(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Date ? value.getTime() : value]),
  );
}

import * as z from 'zod';
import { withStoreErrors } from './mongo-operation';
import type { MongoDatabase } from './mongo-database';
import { type InspectedRecord, StoreInspector, type StoreSpace, walkedAtMost } from './store-inspector';

/** Counts exactly up to this number, and otherwise takes the server's estimate. */
const countedExactly = 1_000;

export class MongoStoreInspector extends StoreInspector {
  constructor(private readonly database: MongoDatabase) {
    super();
  }

  async ping(): Promise<void> {
    await this.database.ping();
  }

  async list(collection: string, limit: number): Promise<InspectedRecord[]> {
    const records = this.database.connection.collection(collection);
    const newest = [{ $limit: walkedAtMost }, { $sort: { createdAt: -1, expiresAt: -1 } }, { $limit: limit }];
    const documents = await withStoreErrors(() => records.aggregate(newest).toArray());
    return documents.map(({ _id, ...fields }) => ({ id: String(_id), ...withEpochMillis(fields) }));
  }

  async count(collection: string): Promise<number> {
    const records = this.database.connection.collection(collection);
    const counted = await withStoreErrors(() => records.countDocuments({}, { limit: countedExactly }));
    if (counted < countedExactly) return counted;
    return Math.max(counted, await withStoreErrors(() => records.estimatedDocumentCount()));
  }

  async countBy(collection: string, field: string, limit: number): Promise<Readonly<Record<string, number>>> {
    const records = this.database.connection.collection(collection);
    const perValue = [{ $limit: limit }, { $group: { _id: `$${field}`, count: { $sum: 1 } } }];
    const counts = await withStoreErrors(() => records.aggregate<{ _id: string; count: number }>(perValue).toArray());
    return Object.fromEntries(counts.map(({ _id, count }) => [_id, count]));
  }

  /** Not every server of the wire protocol reports its size, or its disk's. */
  async space(): Promise<StoreSpace> {
    const stats = sizes.parse(await withStoreErrors(() => this.database.command({ dbStats: 1 })));
    const { totalSize: bytes, fsTotalSize: total, fsUsedSize: used } = stats;
    return {
      ...(bytes !== undefined && { bytes }),
      ...(total !== undefined && used !== undefined && { diskFreeBytes: total - used }),
    };
  }

  async clockOffset(now: () => number): Promise<number | undefined> {
    const askedAt = now();
    const { localTime } = serverTime.parse(await withStoreErrors(() => this.database.command({ hello: 1 })));
    // The server read its clock in between.
    return localTime === undefined ? undefined : localTime.getTime() - (askedAt + now()) / 2;
  }
}

/** Source: MongoDB, command dbStats. */
const sizes = z.object({
  totalSize: z.number().optional(),
  fsTotalSize: z.number().optional(),
  fsUsedSize: z.number().optional(),
});

/** Source: MongoDB, command hello. */
const serverTime = z.object({ localTime: z.date().optional() });

function withEpochMillis(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Date ? value.getTime() : value]),
  );
}

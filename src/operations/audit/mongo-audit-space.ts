import { setTimeout as delay } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { networkOf } from '../../platform/http/network';
import {
  withStoreErrors,
  isDuplicateKey,
  isWriteConflict,
  writeErrorsOf,
  longestPauseMs,
  writeAttempts,
} from '../../platform/storage/mongo-operation';
import { equal, type Index, mongoModel, rawCollection, type Stored } from '../../platform/storage/mongo-collection';
import type { MongoDatabase } from '../../platform/storage/mongo-database';
import { record, time } from '../../platform/storage/record-schema';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import type { AuditEvent } from './audit-event';
import { type AuditQuery, fieldsOf, idsOf } from './audit-query';
import type { AuditAggregate, AuditSpace } from './audit-store';
import { idAt } from './event-id';

/** An event as stored; `key`: that of an aggregate. */
type AuditRecord = Omit<AuditEvent, 'id' | 'time'> & {
  readonly _id: string;
  readonly time: Date;
  readonly key?: string;
  readonly expiresAt: Date;
};

/** Ids sort by time, so every index but the first is ordered by time, too. */
const indexes: readonly Index[] = [
  [{ key: 1 }, { unique: true, partialFilterExpression: { key: { $exists: true } } }],
  [{ type: 1, _id: -1 }],
  [{ sub: 1, _id: -1 }],
  [{ client_id: 1, _id: -1 }],
  [{ ip: 1, _id: -1 }],
];

/** The schemas that an index sees. */
const [expiring, lasting] = [record({ expiresAt: time }), record({})];
/** The id up to which IP addresses are truncated. */
const progressName = 'audit_progress';

export const auditModels = [
  mongoModel({ name: 'audit_events', schema: expiring }, indexes),
  mongoModel({ name: 'audit_security_events', schema: expiring }, indexes),
  mongoModel({ name: progressName, schema: lasting }),
];

/** One more than a page of the API; later batches are larger. */
const firstBatch = 101;
const laterBatches = 1_000;
const removedAtOnce = 10_000;
/** Assumed size of an event when the server does not report the size of a collection. */
const usualBytes = 400;

export class MongoAuditSpace implements AuditSpace {
  private readonly events: mongo.Collection<AuditRecord>;
  private readonly progress: mongo.Collection<Stored>;
  /** Id of the progress record of this space. */
  private readonly truncated: string;

  constructor({ connection }: MongoDatabase, name: 'audit' | 'audit_security') {
    this.events = rawCollection(connection, `${name}_events`) as unknown as mongo.Collection<AuditRecord>;
    this.progress = rawCollection(connection, progressName);
    this.truncated = name === 'audit' ? 'truncated' : 'truncated security';
  }

  async append(events: readonly AuditEvent[], retentionMs: number): Promise<void> {
    const records = events.map((event) => toRecord(event, retentionMs));
    try {
      await withStoreErrors(() => this.events.insertMany(records, { ordered: false }));
    } catch (error) {
      // An earlier attempt wrote them and lost the response.
      if (!isAllDuplicates(error)) throw error;
    }
  }

  async aggregate(aggregates: readonly AuditAggregate[], retentionMs: number): Promise<void> {
    const begin = ({ key, event, count }: AuditAggregate) => {
      const { count: _count, ...fields } = toRecord(event, retentionMs);
      return { filter: { key }, update: { $inc: { count }, $setOnInsert: fields }, upsert: true };
    };
    // Sorted: two batches could deadlock on a server that runs each as one transaction.
    let left: readonly AuditAggregate[] = aggregates.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    for (let attempt = 1; left.length > 0; attempt += 1) {
      if (attempt > writeAttempts) throw new StoreUnavailableError('others were always first');
      // Of two processes that begin an aggregate at once one fails; then the record exists.
      if (attempt > 1) await delay(Math.random() * longestPauseMs);
      left = await this.updated(left, begin);
    }
  }

  async *newest(query: AuditQuery): AsyncGenerator<readonly AuditEvent[], void, undefined> {
    const filter = equal(Object.fromEntries(fieldsOf(query)));
    const { from, below: end } = idsOf(query);
    let below = end;
    for (let limit = firstBatch; ; limit = laterBatches) {
      const within = { ...(from && { $gte: from }), ...(below && { $lt: below }) };
      const page = { ...filter, ...(Object.keys(within).length > 0 && { _id: within }) };
      const options = { sort: { _id: -1 }, limit, batchSize: limit } as const;
      const records = await withStoreErrors(() => this.events.find(page, options).toArray());
      if (records.length > 0) yield records.map(fromRecord);
      below = records.at(-1)?._id;
      if (records.length < limit || below === undefined) return;
    }
  }

  async bytes(): Promise<number> {
    return (await this.size()).bytes;
  }

  async trim(bytes: number): Promise<number> {
    const size = await this.size();
    if (size.bytes <= bytes) return 0;
    let trimmed = 0;
    // Computed once: a server may count removed records for a while.
    for (let excess = Math.ceil(size.count * (1 - bytes / size.bytes)); excess > 0; excess -= removedAtOnce) {
      trimmed += await this.removeOldest(Math.min(excess, removedAtOnce));
    }
    return trimmed;
  }

  async removeBefore(before: number): Promise<void> {
    const end = idAt(before);
    while ((await this.removeOldest(removedAtOnce, end)) === removedAtOnce);
  }

  async truncateAddresses(before: number): Promise<void> {
    const end = idAt(before);
    const progress = await withStoreErrors(() => this.progress.findOne({ _id: { $eq: this.truncated } }));
    for (let after = String(progress?.['below'] ?? ''); ;) {
      const options = {
        projection: { ip: 1 },
        sort: { _id: 1 },
        limit: laterBatches,
        batchSize: laterBatches,
      } as const;
      const page = { _id: { $gt: after, $lt: end } };
      const records = await withStoreErrors(() => this.events.find(page, options).toArray());
      const last = records.at(-1)?._id;
      if (last === undefined) return;
      const ips = new Set(records.flatMap(({ ip }) => (ip === undefined || ip.includes('/') ? [] : [ip])));
      const updates = [...ips].map((ip) => ({
        updateMany: { filter: { ip, _id: { $gt: after, $lte: last } }, update: { $set: { ip: networkOf(ip) } } },
      }));
      if (updates.length > 0) await withStoreErrors(() => this.events.bulkWrite(updates, { ordered: false }));
      const done = { $set: { below: last } };
      await withStoreErrors(() => this.progress.updateOne({ _id: this.truncated }, done, { upsert: true }));
      after = last;
    }
  }

  async erase(sub: string): Promise<number> {
    const options = { projection: { _id: 1 }, limit: laterBatches, batchSize: laterBatches } as const;
    for (let erased = 0; ;) {
      const records = await withStoreErrors(() => this.events.find({ sub: { $eq: sub } }, options).toArray());
      if (records.length === 0) return erased;
      const them = { _id: { $in: records.map(({ _id }) => _id) } };
      const without = { $unset: { sub: '', ip: '', user_agent: '' } } as const;
      erased += (await withStoreErrors(() => this.events.updateMany(them, without))).modifiedCount;
    }
  }

  /** The updates that failed for concurrent ones; the others are written. */
  private async updated(
    aggregates: readonly AuditAggregate[],
    updateOf: (aggregate: AuditAggregate) => mongo.UpdateOneModel<AuditRecord>,
  ): Promise<AuditAggregate[]> {
    try {
      const updates = aggregates.map((aggregate) => ({ updateOne: updateOf(aggregate) }));
      await withStoreErrors(() => this.events.bulkWrite(updates, { ordered: false }));
      return [];
    } catch (error) {
      const failed = writeErrorsOf(error);
      if (failed.length === 0 || !failed.every(isWriteConflict)) throw error;
      const places = new Set(failed.map(({ index }) => index));
      return aggregates.filter((_aggregate, place) => places.has(place));
    }
  }

  private async size(): Promise<{ readonly bytes: number; readonly count: number }> {
    const stats = [{ $collStats: { storageStats: {} } }];
    const answer = await withStoreErrors(() => this.events.aggregate<CollectionStats>(stats).toArray()).catch(() => []);
    const [first] = answer;
    if (first !== undefined) return { bytes: first.storageStats.size, count: first.storageStats.count };
    const count = await withStoreErrors(() => this.events.estimatedDocumentCount());
    return { bytes: count * usualBytes, count };
  }

  /** Removes up to `atMost` of the oldest events, before `end` if given; returns their number. */
  private async removeOldest(atMost: number, end?: string): Promise<number> {
    const going = end === undefined ? {} : { _id: { $lt: end } };
    const options = { projection: { _id: 1 }, sort: { _id: 1 }, skip: atMost - 1, limit: 1 } as const;
    const [last] = await withStoreErrors(() => this.events.find(going, options).toArray());
    // Fewer than the server reported: none of the rest is too old.
    if (last === undefined && end === undefined) return 0;
    const them = last === undefined ? going : { _id: { $lte: last._id } };
    return (await withStoreErrors(() => this.events.deleteMany(them))).deletedCount;
  }
}

interface CollectionStats {
  readonly storageStats: { readonly size: number; readonly count: number };
}

function toRecord({ id, time: toldTime, ...fields }: AuditEvent, retentionMs: number): AuditRecord {
  const happened = new Date(toldTime);
  return { _id: id, time: happened, ...fields, expiresAt: new Date(happened.getTime() + retentionMs) };
}

function fromRecord({ _id, time: happened, key: _key, expiresAt: _expiresAt, ...fields }: AuditRecord): AuditEvent {
  return { id: _id, time: happened.toISOString(), ...fields };
}

function isAllDuplicates(error: unknown): boolean {
  return isDuplicateKey(error) && writeErrorsOf(error).every(({ code }) => code === 11_000);
}

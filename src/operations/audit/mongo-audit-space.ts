import { setTimeout as delay } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { networkOf } from '../../platform/http/network';
import {
  answered,
  isDuplicateKey,
  isForAnothersSake,
  longestPauseMs,
  writeAttempts,
} from '../../platform/storage/mongo-answered';
import { type Index, mongoModel, rawCollection, type Stored } from '../../platform/storage/mongo-collection';
import type { MongoDatabase } from '../../platform/storage/mongo-database';
import { record, time } from '../../platform/storage/record-schema';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import type { AuditEvent } from './audit-event';
import { AuditSpace } from './audit-space';
import type { AuditAggregate, AuditQuery } from './audit-store';
import { idAt } from './event-id';

/** An event as it is stored; `fold`: of one that others of its minute are added to. */
type AuditRecord = Omit<AuditEvent, 'id' | 'time'> & {
  readonly _id: string;
  readonly time: Date;
  readonly fold?: string;
  readonly expiresAt: Date;
};

/** Ids sort by time, so that each of these but the first is also in the order of time. */
const indexes: readonly Index[] = [
  [{ fold: 1 }, { unique: true, partialFilterExpression: { fold: { $exists: true } } }],
  [{ type: 1, _id: -1 }],
  [{ sub: 1, _id: -1 }],
  [{ client_id: 1, _id: -1 }],
  [{ ip: 1, _id: -1 }],
];

/** What all records have, by the eyes of an index. */
const [expiring, lasting] = [record({ expiresAt: time }), record({})];
/** Up to which id addresses have been truncated. */
const progressName = 'audit_progress';

export const auditModels = [
  mongoModel({ name: 'audit_events', schema: expiring }, indexes),
  mongoModel({ name: 'audit_security_events', schema: expiring }, indexes),
  mongoModel({ name: progressName, schema: lasting }),
];

/** A page of the API and one more; whoever reads on gets more at once. */
const firstBatch = 101;
const laterBatches = 1_000;
const removedAtOnce = 10_000;
/** Of a server that does not say how large a collection is, each event is taken to be as large as this. */
const usualBytes = 400;

export class MongoAuditSpace extends AuditSpace {
  private readonly events: mongo.Collection<AuditRecord>;
  private readonly progress: mongo.Collection<Stored>;
  /** The id of its own progress. */
  private readonly truncated: string;

  constructor({ connection }: MongoDatabase, name: 'audit' | 'audit_security') {
    super();
    this.events = rawCollection(connection, `${name}_events`) as unknown as mongo.Collection<AuditRecord>;
    this.progress = rawCollection(connection, progressName);
    this.truncated = name === 'audit' ? 'truncated' : 'truncated security';
  }

  async append(events: readonly AuditEvent[], retentionMs: number): Promise<void> {
    const records = events.map((event) => toRecord(event, retentionMs));
    try {
      await answered(() => this.events.insertMany(records, { ordered: false }));
    } catch (error) {
      // What a batch before has written and could not say so.
      if (!isAllDuplicates(error)) throw error;
    }
  }

  async aggregate(aggregates: readonly AuditAggregate[], retentionMs: number): Promise<void> {
    const begin = ({ key, event, count }: AuditAggregate) => {
      const { count: _count, ...fields } = toRecord(event, retentionMs);
      return { filter: { fold: key }, update: { $inc: { count }, $setOnInsert: fields }, upsert: true };
    };
    // In one order: a server that runs a batch as one transaction would else have two of them wait for each other.
    let left: readonly AuditAggregate[] = aggregates.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    for (let attempt = 1; left.length > 0; attempt += 1) {
      if (attempt > writeAttempts) throw new StoreUnavailableError('others were always first');
      // Of two processes that begin an aggregate at once one loses, and by then it is there.
      if (attempt > 1) await delay(Math.random() * longestPauseMs);
      left = await this.updated(left, begin);
    }
  }

  async *newest(query: AuditQuery): AsyncGenerator<readonly AuditEvent[], void, undefined> {
    const filter = filterOf(query);
    let below = belowOf(query);
    for (let limit = firstBatch; ; limit = laterBatches) {
      const within = { ...(query.since !== undefined && { $gte: idAt(query.since) }), ...(below && { $lt: below }) };
      const page = { ...filter, ...(Object.keys(within).length > 0 && { _id: within }) };
      const options = { sort: { _id: -1 }, limit, batchSize: limit } as const;
      const records = await answered(() => this.events.find(page, options).toArray());
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
    // Once for the whole: a server may count what is gone for a while.
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
    const progress = await answered(() => this.progress.findOne({ _id: { $eq: this.truncated } }));
    for (let after = String(progress?.['below'] ?? ''); ;) {
      const options = {
        projection: { ip: 1 },
        sort: { _id: 1 },
        limit: laterBatches,
        batchSize: laterBatches,
      } as const;
      const page = { _id: { $gt: after, $lt: end } };
      const records = await answered(() => this.events.find(page, options).toArray());
      const last = records.at(-1)?._id;
      if (last === undefined) return;
      const ips = new Set(records.flatMap(({ ip }) => (ip === undefined || ip.includes('/') ? [] : [ip])));
      const updates = [...ips].map((ip) => ({
        updateMany: { filter: { ip, _id: { $gt: after, $lte: last } }, update: { $set: { ip: networkOf(ip) } } },
      }));
      if (updates.length > 0) await answered(() => this.events.bulkWrite(updates, { ordered: false }));
      const done = { $set: { below: last } };
      await answered(() => this.progress.updateOne({ _id: this.truncated }, done, { upsert: true }));
      after = last;
    }
  }

  async erase(sub: string): Promise<number> {
    const options = { projection: { _id: 1 }, limit: laterBatches, batchSize: laterBatches } as const;
    for (let erased = 0; ;) {
      const records = await answered(() => this.events.find({ sub: { $eq: sub } }, options).toArray());
      if (records.length === 0) return erased;
      const them = { _id: { $in: records.map(({ _id }) => _id) } };
      const without = { $unset: { sub: '', ip: '', user_agent: '' } } as const;
      erased += (await answered(() => this.events.updateMany(them, without))).modifiedCount;
    }
  }

  /** What could not be written because another process was first; the others are. */
  private async updated(
    aggregates: readonly AuditAggregate[],
    updateOf: (aggregate: AuditAggregate) => mongo.UpdateOneModel<AuditRecord>,
  ): Promise<AuditAggregate[]> {
    try {
      const updates = aggregates.map((aggregate) => ({ updateOne: updateOf(aggregate) }));
      await answered(() => this.events.bulkWrite(updates, { ordered: false }));
      return [];
    } catch (error) {
      const failed = writeErrorsOf(error instanceof StoreUnavailableError ? error.cause : error);
      if (failed.length === 0 || !failed.every(isForAnothersSake)) throw error;
      const places = new Set(failed.map(({ index }) => index));
      return aggregates.filter((_aggregate, place) => places.has(place));
    }
  }

  private async size(): Promise<{ readonly bytes: number; readonly count: number }> {
    const stats = [{ $collStats: { storageStats: {} } }];
    const told = await answered(() => this.events.aggregate<CollectionStats>(stats).toArray()).catch(() => []);
    const [first] = told;
    if (first !== undefined) return { bytes: first.storageStats.size, count: first.storageStats.count };
    const count = await answered(() => this.events.estimatedDocumentCount());
    return { bytes: count * usualBytes, count };
  }

  /** Removes so many of the oldest events, those before `end` alone where that is given, and returns how many those were. */
  private async removeOldest(atMost: number, end?: string): Promise<number> {
    const going = end === undefined ? {} : { _id: { $lt: end } };
    const options = { projection: { _id: 1 }, sort: { _id: 1 }, skip: atMost - 1, limit: 1 } as const;
    const [last] = await answered(() => this.events.find(going, options).toArray());
    // Fewer than the server said: of those that are left none is too old.
    if (last === undefined && end === undefined) return 0;
    const them = last === undefined ? going : { _id: { $lte: last._id } };
    return (await answered(() => this.events.deleteMany(them))).deletedCount;
  }
}

interface CollectionStats {
  readonly storageStats: { readonly size: number; readonly count: number };
}

function filterOf({ type, clientId, sub, ip, reason }: AuditQuery): mongo.Filter<AuditRecord> {
  const fields = Object.entries({ type, client_id: clientId, sub, ip, reason });
  return Object.fromEntries(fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, { $eq: value }]])));
}

function belowOf({ until, before }: AuditQuery): string | undefined {
  const end = until === undefined ? undefined : idAt(until);
  return end === undefined || (before !== undefined && before < end) ? before : end;
}

function toRecord({ id, time: toldTime, ...fields }: AuditEvent, retentionMs: number): AuditRecord {
  const happened = new Date(toldTime);
  return { _id: id, time: happened, ...fields, expiresAt: new Date(happened.getTime() + retentionMs) };
}

function fromRecord({ _id, time: happened, fold: _fold, expiresAt: _expiresAt, ...fields }: AuditRecord): AuditEvent {
  return { id: _id, time: happened.toISOString(), ...fields };
}

function isAllDuplicates(error: unknown): boolean {
  return isDuplicateKey(error) && writeErrorsOf(error).every(({ code }) => code === 11_000);
}

function writeErrorsOf(error: unknown): readonly mongo.WriteError[] {
  return error instanceof mongo.MongoBulkWriteError ? [error.writeErrors].flat() : [];
}

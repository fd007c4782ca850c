import type { mongo } from 'mongoose';
import { withStoreErrors } from '../../platform/storage/mongo-operation';
import { equal, type Index, mongoModel, rawCollection, type Stored } from '../../platform/storage/mongo-collection';
import type { MongoDatabase } from '../../platform/storage/mongo-database';
import { record } from '../../platform/storage/record-schema';
import type { AuditEvent } from './audit-event';
import { type AuditQuery, fieldsOf, idsOf } from './audit-query';
import type { AuditSpace, Events, StoredEvent } from './audit-store';
import { erased, type Head, type SpaceName, truncated } from './chain';
import { idAt } from './event-id';
import { type Link, linkIn, linkText, noLink } from './link';
import { auditLedgerModel, type MongoAuditLedger } from './mongo-audit-ledger';
import { type AuditRecord, fromRecord, toStoredLink } from './mongo-audit-record';
import { MongoAuditWriter } from './mongo-audit-writer';

/** Ids sort by time, so every index but the first is ordered by time, too. */
const indexes: readonly Index[] = [
  [{ seq: 1 }],
  [{ type: 1, _id: -1 }],
  [{ sub: 1, _id: -1 }],
  [{ client_id: 1, _id: -1 }],
  [{ ip: 1, _id: -1 }],
];

/** The schema that an index sees. */
const schema = record({});
/** The id up to which IP addresses are truncated. */
const progressName = 'audit_progress';

export const auditModels = [
  mongoModel({ name: 'audit_events', schema }, indexes),
  mongoModel({ name: 'audit_security_events', schema }, indexes),
  mongoModel({ name: progressName, schema }),
  auditLedgerModel,
];

/** One more than a page of the API; later batches are larger. */
const firstBatch = 101;
const laterBatches = 1_000;
const removedAtOnce = 10_000;
const personalFields = ['sub', 'ip', 'user_agent'] as const;
/** Assumed size of an event when the server does not report the size of a collection. */
const usualBytes = 400;

export class MongoAuditSpace implements AuditSpace {
  private readonly events: mongo.Collection<AuditRecord>;
  private readonly progress: mongo.Collection<Stored>;
  /** Id of the progress record of this space. */
  private readonly truncated: string;
  private readonly writer: MongoAuditWriter;

  constructor({ connection }: MongoDatabase, name: SpaceName, ledger: MongoAuditLedger) {
    this.events = rawCollection(connection, `${name}_events`) as unknown as mongo.Collection<AuditRecord>;
    this.writer = new MongoAuditWriter(name, this.events, ledger);
    this.progress = rawCollection(connection, progressName);
    this.truncated = name === 'audit' ? 'truncated' : 'truncated security';
  }

  async append(events: readonly AuditEvent[]): Promise<void> {
    await this.writer.append(events);
  }

  async *newest(query: AuditQuery): Events {
    const filter = equal(Object.fromEntries(fieldsOf(query)));
    const { from, below: end } = idsOf(query);
    let below = end;
    for (let limit = firstBatch; ; limit = laterBatches) {
      const within = { ...(from && { $gte: from }), ...(below && { $lt: below }) };
      const page = { ...filter, ...(Object.keys(within).length > 0 && { _id: within }) };
      const events = await this.page(page, { _id: -1 }, limit);
      if (events.length > 0) yield events;
      below = events.at(-1)?.id;
      if (events.length < limit || below === undefined) return;
    }
  }

  async *inOrder(query: AuditQuery, after: number, upTo: number): Events {
    const { from, below } = idsOf(query);
    const within = { ...(from && { $gte: from }), ...(below && { $lt: below }) };
    const filter = equal(Object.fromEntries(fieldsOf(query)));
    for (let last = after; ;) {
      const page = {
        ...filter,
        ...(Object.keys(within).length > 0 && { _id: within }),
        seq: { $gt: last, $lte: upTo },
      };
      const events = await this.page(page, { seq: 1 }, laterBatches);
      if (events.length > 0) yield events;
      if (events.length < laterBatches) return;
      last = events.at(-1)?.seq ?? upTo;
    }
  }

  async bytes(): Promise<number> {
    return (await this.size()).bytes;
  }

  get head(): Head | undefined {
    return this.writer.head;
  }

  async cutForSize(bytes: number): Promise<number | undefined> {
    const size = await this.size();
    const excess = size.bytes <= bytes ? 0 : Math.ceil(size.count * (1 - bytes / size.bytes));
    // None when there are fewer than the server reported, and the rest is not too large.
    return excess === 0 ? undefined : this.seqOf({}, { skip: excess - 1 });
  }

  async cutForAge(before: number): Promise<number | undefined> {
    const end = idAt(before);
    const kept = await this.seqOf({ _id: { $gte: end } }, { hint: { seq: 1 } });
    const last = kept === undefined ? await this.seqOf({}, { sort: { seq: -1 } }) : kept - 1;
    return last === undefined ? undefined : this.seqOf({ seq: { $lte: last } }, { sort: { seq: -1 } });
  }

  async removeUpTo(seq: number): Promise<number> {
    for (let removed = 0; ;) {
      const going = { seq: { $lte: seq } };
      const last = await this.seqOf(going, { skip: removedAtOnce - 1 });
      const them = last === undefined ? going : { seq: { $lte: last } };
      removed += (await withStoreErrors(() => this.events.deleteMany(them))).deletedCount;
      if (last === undefined) return removed;
    }
  }

  async truncateAddresses(before: number): Promise<void> {
    const end = idAt(before);
    const progress = await withStoreErrors(() => this.progress.findOne({ _id: { $eq: this.truncated } }));
    for (let after = String(progress?.['below'] ?? ''); ;) {
      const events = await this.page({ _id: { $gt: after, $lt: end } }, { _id: 1 }, laterBatches);
      const last = events.at(-1)?.id;
      if (last === undefined) return;
      await this.change(
        events.filter(({ ip }) => ip !== undefined),
        truncated,
      );
      const done = { $set: { below: last } };
      await withStoreErrors(() => this.progress.updateOne({ _id: this.truncated }, done, { upsert: true }));
      after = last;
    }
  }

  async erase(sub: string): Promise<number> {
    for (let count = 0; ;) {
      const events = await this.page({ sub: { $eq: sub } }, { _id: 1 }, laterBatches);
      if (events.length === 0) return count;
      count += await this.change(events, erased);
    }
  }

  /** Changes personal fields of events, where they are as they were read; returns the number. */
  private async change(
    events: readonly StoredEvent[],
    change: (event: StoredEvent, link: Link) => { readonly event: AuditEvent; readonly link: Link },
  ): Promise<number> {
    const updates = events.map((before) => {
      const { event, link } = change(before, linkIn(before.link) ?? noLink);
      const $set = { link: toStoredLink(linkText(link)), ...(event.ip !== undefined && { ip: event.ip }) };
      const gone = personalFields.filter((name) => before[name] !== undefined && event[name] === undefined);
      const $unset = Object.fromEntries(gone.map((name) => [name, '' as const]));
      const filter = { _id: before.id, ip: before.ip === undefined ? { $exists: false } : { $eq: before.ip } };
      return { updateOne: { filter, update: { $set, ...(gone.length > 0 && { $unset }) } } };
    });
    if (updates.length === 0) return 0;
    return (await withStoreErrors(() => this.events.bulkWrite(updates, { ordered: false }))).modifiedCount;
  }

  private async page(filter: object, sort: Record<string, 1 | -1>, limit: number): Promise<StoredEvent[]> {
    const options = { sort, limit, batchSize: limit };
    const records = await withStoreErrors(() => this.events.find(filter, options).toArray());
    return records.map(fromRecord);
  }

  private async size(): Promise<{ readonly bytes: number; readonly count: number }> {
    const stats = [{ $collStats: { storageStats: {} } }];
    const answer = await withStoreErrors(() => this.events.aggregate<CollectionStats>(stats).toArray()).catch(() => []);
    const [first] = answer;
    if (first !== undefined) return { bytes: first.storageStats.size, count: first.storageStats.count };
    const count = await withStoreErrors(() => this.events.estimatedDocumentCount());
    return { bytes: count * usualBytes, count };
  }

  /** Of the first event that matches, by default the oldest. */
  private async seqOf(filter: object, options: mongo.FindOptions): Promise<number | undefined> {
    const asked = { projection: { seq: 1 }, sort: { seq: 1 }, ...options, limit: 1 } as const;
    const [first] = await withStoreErrors(() => this.events.find(filter, asked).toArray());
    return first?.seq;
  }
}

interface CollectionStats {
  readonly storageStats: { readonly size: number; readonly count: number };
}

import { setTimeout as delay } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import type { Clock } from '../../platform/clock';
import { mongoModel, rawCollection } from '../../platform/storage/mongo-collection';
import type { MongoDatabase } from '../../platform/storage/mongo-database';
import { isDuplicateKey, longestPauseMs, withStoreErrors } from '../../platform/storage/mongo-operation';
import { record } from '../../platform/storage/record-schema';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import type { AuditLedger, LedgerState } from './audit-ledger';
import { hashOf, type Head, type SpaceName } from './chain';
import { linkIn } from './link';
import { type AuditRecord, fromRecord } from './mongo-audit-record';

/** Numbers for events that are being written. */
export interface SeqRange {
  readonly space: SpaceName;
  readonly from: number;
  readonly count: number;
  /** After this time nobody writes them any more. */
  readonly until: Date;
}

export interface LedgerRecord {
  readonly _id: string;
  readonly next: number;
  readonly pending: readonly SeqRange[];
  /** By the names of the chains. */
  readonly heads: Readonly<Record<string, Omit<Head, 'chain'>>>;
  readonly seals: number;
}

export const ledgerName = 'audit_ledger';
const _id = 'ledger';
export const emptyLedger: LedgerRecord = { _id, next: 1, pending: [], heads: {}, seals: 0 };
const attempts = 50;
/** Much longer than the database may take for a write, so that none of a writer that was killed can follow. */
const pendingMs = 60_000;
/** The last part of it, in which no write begins. */
const marginMs = 30_000;

export const auditLedgerModel = mongoModel({ name: ledgerName, schema: record({}) });

/**
 * Counts the events of both spaces by one record, which hands out ranges and lists those whose events are being written: what
 * lies above the lowest of them is not settled.
 */
export class MongoAuditLedger implements AuditLedger {
  private readonly records: mongo.Collection<LedgerRecord>;
  /** The next number, unless another process has taken it. */
  private next: number | undefined;

  constructor(
    private readonly database: MongoDatabase,
    private readonly clock: Clock,
  ) {
    this.records = rawCollection(database.connection, ledgerName) as unknown as mongo.Collection<LedgerRecord>;
  }

  /** Takes so many numbers, until {@link finish}. */
  async take(space: SpaceName, count: number): Promise<SeqRange> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) await delay(Math.random() * longestPauseMs);
      const next = this.next ?? (await this.read()).next;
      const range = { space, from: next, count, until: new Date(this.clock.now() + pendingMs) };
      const change = { $inc: { next: count }, $push: { pending: range } };
      const { modifiedCount } = await withStoreErrors(() => this.records.updateOne({ _id, next }, change));
      this.next = modifiedCount === 1 ? next + count : undefined;
      if (modifiedCount === 1) return range;
    }
    throw new StoreUnavailableError('others were always first');
  }

  /** Whether a write of these numbers may begin. */
  isOpen({ until }: SeqRange): boolean {
    return this.clock.now() < until.getTime() - marginMs;
  }

  /** Nothing more is written in the range; `head`: where its chain ends now, if anything was. */
  async finish({ from }: SeqRange, head: Head | undefined): Promise<void> {
    const change = { $pull: { pending: { from } }, ...(head !== undefined && { $set: headField(head) }) };
    await withStoreErrors(() => this.records.updateOne({ _id }, change));
  }

  async state(): Promise<LedgerState> {
    let ledger = await this.read();
    const left = ledger.pending.filter(({ until }) => until.getTime() <= this.clock.now());
    for (const range of left) await this.finish(range, await this.headIn(range));
    if (left.length > 0) ledger = await this.read();
    const { next, pending, heads, seals } = ledger;
    return {
      settled: Math.min(next, ...pending.map(({ from }) => from)) - 1,
      heads: Object.entries(heads).map(([chain, { space, seq, hash }]) => ({ space, chain: Number(chain), seq, hash })),
      seals,
    };
  }

  async sealed(heads: readonly Head[], number: number): Promise<void> {
    await withStoreErrors(() => this.records.updateOne({ _id }, { $max: { seals: number } }));
    for (const { chain, seq } of heads) {
      const name = `heads.${chain}`;
      const unchanged = { _id, [`${name}.seq`]: { $lte: seq } };
      await withStoreErrors(() => this.records.updateOne(unchanged, { $unset: { [name]: '' } }));
    }
  }

  /** Where a chain ends whose writer was killed while it wrote these numbers: an insertion ends with its first events. */
  private async headIn({ space, from, count }: SeqRange): Promise<Head | undefined> {
    const options = { sort: { seq: -1 }, limit: 1 } as const;
    const within = { seq: { $gte: from, $lt: from + count } };
    const events = rawCollection(
      this.database.connection,
      `${space}_events`,
    ) as unknown as mongo.Collection<AuditRecord>;
    const [last] = (await withStoreErrors(() => events.find(within, options).toArray())).map(fromRecord);
    if (last === undefined) return undefined;
    const { seq, link: text, ...event } = last;
    const link = linkIn(text);
    const hash = link && hashOf(event, seq, link);
    return link && hash ? { space, chain: link.chain, seq, hash } : undefined;
  }

  private async read(): Promise<LedgerRecord> {
    const found = await withStoreErrors(() => this.records.findOne({ _id }));
    if (found !== null) return found;
    try {
      await withStoreErrors(() => this.records.insertOne(emptyLedger));
      return emptyLedger;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return this.read();
    }
  }
}

function headField({ chain, space, seq, hash }: Head): object {
  return { [`heads.${chain}`]: { space, seq, hash } };
}

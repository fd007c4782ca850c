import type { mongo } from 'mongoose';
import { isDuplicateKey, withStoreErrors, writeErrorsOf } from '../../platform/storage/mongo-operation';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import type { AuditEvent } from './audit-event';
import { Chain, type Head, type Linked, type SpaceName } from './chain';
import type { MongoAuditLedger, SeqRange } from './mongo-audit-ledger';
import { type AuditRecord, toRecord } from './mongo-audit-record';
import { OneAtATime } from './one-at-a-time';

/** Events on their way into the store, with the numbers that they have taken. */
interface Write {
  readonly range: SeqRange;
  readonly linked: readonly (Linked & { readonly event: AuditEvent })[];
}

/** Writes the events of one space, one batch after the other. */
export class MongoAuditWriter {
  private readonly chain: Chain;
  private readonly writes = new OneAtATime();
  /** A write whose response was lost: its events may be in the store or not. */
  private unfinished: Write | undefined;

  constructor(
    private readonly space: SpaceName,
    private readonly records: mongo.Collection<AuditRecord>,
    private readonly ledger: MongoAuditLedger,
  ) {
    this.chain = new Chain(space);
  }

  get head(): Head | undefined {
    return this.chain.head;
  }

  async append(events: readonly AuditEvent[]): Promise<void> {
    await this.writes.run(() => this.write(events));
  }

  private async write(events: readonly AuditEvent[]): Promise<void> {
    const { unfinished } = this;
    if (unfinished !== undefined) await this.complete(unfinished);
    let left = unfinished === undefined ? events : await this.missing(events);
    while (left.length > 0) {
      const range = await this.ledger.take(this.space, left.length);
      const items = left.map((event) => ({ event }));
      this.unfinished = { range, linked: this.chain.link(items, range.from) };
      const inserted = await this.insert(this.unfinished.linked);
      await this.finish(this.unfinished, inserted);
      // An event that exists was written by an attempt of another process whose response was lost.
      left = inserted === left.length ? [] : await this.missing(left.slice(inserted));
    }
  }

  /** Inserts what is missing of an earlier write, unless that is too late for its numbers. */
  private async complete(write: Write): Promise<void> {
    const missing = new Set(await this.missing(write.linked.map(({ event }) => event)));
    const left = write.linked.filter(({ event }) => missing.has(event));
    const isLate = !this.ledger.isOpen(write.range);
    if (!isLate && (await this.insert(left)) < left.length)
      throw new StoreUnavailableError('it is still being written');
    await this.finish(write, isLate ? write.linked.length - left.length : write.linked.length);
  }

  /** `stored`: how many of its events are in the store. */
  private async finish({ range, linked }: Write, stored: number): Promise<void> {
    const head = linked[stored - 1]?.head;
    await this.ledger.finish(range, head);
    this.chain.goOn(head);
    this.unfinished = undefined;
  }

  /** Inserts events up to the first that exists already; returns their number. */
  private async insert(linked: Write['linked']): Promise<number> {
    if (linked.length === 0) return 0;
    const records = linked.map(({ event, head, link }) => toRecord(event, head.seq, link));
    try {
      await withStoreErrors(() => this.records.insertMany(records, { ordered: true }));
      return records.length;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return writeErrorsOf(error)[0]?.index ?? 0;
    }
  }

  /** Those that are not in the store. */
  private async missing(events: readonly AuditEvent[]): Promise<AuditEvent[]> {
    const options = { projection: { _id: 1 }, limit: events.length, batchSize: events.length } as const;
    const them = { _id: { $in: events.map(({ id }) => id) } };
    const found = await withStoreErrors(() => this.records.find(them, options).toArray());
    const known = new Set(found.map(({ _id }) => _id));
    return events.filter(({ id }) => !known.has(id));
  }
}

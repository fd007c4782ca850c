import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { IndexPlace, LmdbTable } from '../../platform/storage/lmdb-table';
import { record } from '../../platform/storage/record-schema';
import type { AuditEvent } from './audit-event';
import type { AuditQuery } from './audit-query';
import type { AuditSpace, Events, StoredEvent } from './audit-store';
import { Chain, erased, type Head, type SpaceName, truncated } from './chain';
import { changedLine, chunkEnd, chunksOf, eventIn, type EventLine, lineOf, linesIn, type NewLine } from './event-chunk';
import { idAt } from './event-id';
import { LineFilter } from './line-filter';
import type { LmdbAuditLedger } from './lmdb-audit-ledger';
import { OneAtATime } from './one-at-a-time';

/** The events of one flush, a line each, ordered by id and `seq`; keyed by the last id, and named by the last `seq`. */
const chunkSchema = record({ text: z.string(), last: z.number() });
/** The id up to which IP addresses are truncated. */
const progressSchema = record({ below: z.string() });

type Chunk = z.infer<typeof chunkSchema>;

/** About two megabytes of text at once. */
const chunksAtOnce = 8;
const placesAtOnce = 100;
/** Milliseconds for which a reader may block the event loop. */
const turnMs = 5;
const truncatedBelow = 'truncated';
const digits = `${Number.MAX_SAFE_INTEGER}`.length;

/**
 * Stores the trail in LMDB, the events of each flush as one record: an index entry for each would cost as much as the login. A
 * query walks the records of its period and searches their text.
 */
export class LmdbAuditSpace implements AuditSpace {
  private readonly chunks: LmdbTable<Chunk>;
  private readonly progress: LmdbTable<z.infer<typeof progressSchema>>;
  private readonly chain: Chain;
  private readonly writes = new OneAtATime();

  constructor(
    private readonly database: LmdbDatabase,
    name: SpaceName,
    private readonly ledger: LmdbAuditLedger,
  ) {
    this.chunks = database.table({
      name: `${name}_events`,
      schema: chunkSchema,
      namesOf: ({ last }) => [nameOf(last)],
    });
    this.chain = new Chain(name);
    this.progress = database.table({ name: `${name}_progress`, schema: progressSchema });
  }

  async append(events: readonly AuditEvent[]): Promise<void> {
    const chunks = chunksOf(events).map((lines) => ({ key: lines.at(-1)?.event.id ?? '', lines }));
    await this.writes.run(async () => {
      try {
        this.chain.goOn(await this.database.write(() => this.put(chunks)));
      } catch (error) {
        this.chain.breakOff();
        throw error;
      }
    });
  }

  async *newest(query: AuditQuery): Events {
    const filter = new LineFilter(query);
    /** Matches that may still be older than an event of an unread chunk: chunks of several processes overlap. */
    let waiting: EventLine[] = [];
    let below = filter.below === undefined ? undefined : chunkEnd(filter.below);
    for (let begun = performance.now(); ;) {
      const read = this.chunks.entriesBelowFresh(chunksAtOnce, below);
      for (const { key, value } of read) {
        if (key < filter.from) break;
        const [older, newer] = parted(waiting, key);
        if (newer.length > 0) yield newer.map(eventOf);
        waiting = [...older, ...filter.matchesIn(value.text)].toSorted(byId);
        if (performance.now() - begun < turnMs) continue;
        await nextTurn();
        begun = performance.now();
      }
      below = read.at(-1)?.key;
      if (read.length === chunksAtOnce && below !== undefined && below >= filter.from) continue;
      if (waiting.length > 0) yield waiting.toReversed().map(eventOf);
      return;
    }
  }

  async *inOrder(query: AuditQuery, after: number, upTo: number): Events {
    const filter = new LineFilter(query);
    let place: IndexPlace = { name: nameOf(after), key: '~' };
    for (;;) {
      const places = this.chunks.indexedFresh('', chunksAtOnce, place);
      const events = places
        .flatMap(({ key }) => filter.matchesIn(this.chunks.get(key)?.text ?? ''))
        .map(eventOf)
        .filter(({ seq }) => seq > after && seq <= upTo);
      if (events.length > 0) yield events;
      const last = places.at(-1);
      if (last === undefined || last.name >= nameOf(upTo)) return;
      place = last;
      await nextTurn();
    }
  }

  async bytes(): Promise<number> {
    return this.chunks.bytesFresh();
  }

  get head(): Head | undefined {
    return this.chain.head;
  }

  async cutForSize(bytes: number): Promise<number | undefined> {
    let excess = this.chunks.bytesFresh() - bytes;
    let cut: number | undefined;
    for (const place of this.places()) {
      if (excess <= 0) break;
      // By size of text: records vary from one line to many pages.
      excess -= this.chunks.get(place.key)?.text.length ?? 0;
      cut = Number(place.name);
    }
    return cut;
  }

  async cutForAge(before: number): Promise<number | undefined> {
    const end = idAt(before);
    let cut: number | undefined;
    for (const { name, key } of this.places()) {
      if (key >= end) break;
      cut = Number(name);
    }
    return cut;
  }

  async removeUpTo(seq: number): Promise<number> {
    for (let removed = 0; ;) {
      const places = this.chunks.indexedFresh('', chunksAtOnce).filter(({ name }) => name <= nameOf(seq));
      if (places.length === 0) return removed;
      removed += await this.remove(places.map(({ key }) => key));
      await nextTurn();
    }
  }

  async truncateAddresses(before: number): Promise<void> {
    const end = idAt(before);
    for (let after = this.progress.getFresh(truncatedBelow)?.below ?? ''; ;) {
      const read = this.chunks.entriesFresh(chunksAtOnce, after).filter(({ key }) => key < end);
      const last = read.at(-1)?.key;
      if (last === undefined) return;
      await this.rewrite(read, truncatedLine, () => this.progress.put(truncatedBelow, { below: last }));
      after = last;
    }
  }

  async erase(sub: string): Promise<number> {
    // Inside a JSON string quotes are escaped, so this text can only be the field.
    const needle = `"sub":${JSON.stringify(sub)}`;
    let count = 0;
    const change = (line: string) => {
      if (!line.includes(needle)) return line;
      count += 1;
      return changedLine(line, erased);
    };
    for (let after = ''; ;) {
      const read = this.chunks.entriesFresh(chunksAtOnce, after);
      const named = read.filter(({ value }) => value.text.includes(needle));
      if (named.length > 0) await this.rewrite(named, change);
      const last = read.at(-1)?.key;
      if (last === undefined) return count;
      after = last;
      await nextTurn();
    }
  }

  /** Inside a write transaction: the end of the chain, if there is anything new. */
  private put(chunks: readonly { readonly key: string; readonly lines: readonly NewLine[] }[]): Head | undefined {
    // Those that an earlier attempt wrote, whose response was lost, keep their numbers.
    const added = chunks.filter(({ key }) => !this.chunks.has(key));
    const lines = added.flatMap((chunk) => chunk.lines);
    const linked = this.chain.link(lines, this.ledger.take(lines.length));
    const end = linked.at(-1)?.head;
    for (const {
      key,
      lines: { length },
    } of added) {
      const own = linked.splice(0, length);
      const text = own.map(({ json, head, link }) => lineOf(json, head.seq, link)).join('\n');
      this.chunks.put(key, { text, last: own.at(-1)?.head.seq ?? 0 });
    }
    if (end !== undefined) this.ledger.goOn(end);
    return end;
  }

  /** The chunks in the order of writing. */
  private *places(): Generator<IndexPlace> {
    for (let place: IndexPlace | undefined; ;) {
      const places = this.chunks.indexedFresh('', placesAtOnce, place);
      yield* places;
      place = places.at(-1);
      if (places.length < placesAtOnce) return;
    }
  }

  /** Returns the number of removed events, without those that another process has removed meanwhile. */
  private async remove(keys: readonly string[]): Promise<number> {
    return this.database.write(() => {
      const texts = keys.flatMap((key) => this.chunks.get(key)?.text ?? []);
      for (const key of keys) this.chunks.remove(key);
      return texts.reduce((sum, text) => sum + linesIn(text).length, 0);
    });
  }

  /** From its current state: another process may have rewritten or removed it since it was read. */
  private async rewrite(
    entries: readonly { readonly key: string }[],
    change: (line: string) => string,
    besides: () => void = () => {},
  ): Promise<void> {
    await this.database.write(() => {
      for (const { key } of entries) {
        const chunk = this.chunks.get(key);
        if (chunk === undefined) continue;
        this.chunks.replace(key, chunk, { ...chunk, text: linesIn(chunk.text).map(change).join('\n') });
      }
      besides();
    });
  }
}

function byId(a: EventLine, b: EventLine): number {
  return a.id < b.id ? -1 : 1;
}

/** The lines up to an id, and those after it, newest first. */
function parted(lines: readonly EventLine[], id: string): readonly [EventLine[], EventLine[]] {
  const from = lines.findIndex((line) => line.id > id);
  return from === -1 ? [[...lines], []] : [lines.slice(0, from), lines.slice(from).toReversed()];
}

function truncatedLine(line: string): string {
  return line.includes('"ip":"') ? changedLine(line, truncated) : line;
}

function eventOf({ line }: EventLine): StoredEvent {
  return eventIn(line);
}

/** Sorts by the number. */
function nameOf(seq: number): string {
  return `${seq}`.padStart(digits, '0');
}

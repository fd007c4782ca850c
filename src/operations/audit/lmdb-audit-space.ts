import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import { networkOf } from '../../platform/http/network';
import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import { record, time } from '../../platform/storage/record-schema';
import type { AuditEvent } from './audit-event';
import type { AuditQuery } from './audit-query';
import type { AuditAggregate, AuditSpace } from './audit-store';
import { chunkEnd, chunksOf, type EventLine, linesIn, textOf } from './event-chunk';
import { idAt, timeOf } from './event-id';
import { LineFilter } from './line-filter';

/** The events of one flush, one line of JSON each, ordered by id; keyed by the last id. */
const chunkSchema = record({ text: z.string(), expiresAt: time });
/** The event that an aggregate began with. */
const aggregatedSchema = record({ id: z.string(), expiresAt: time });
/** The id up to which IP addresses are truncated. */
const progressSchema = record({ below: z.string() });

type Chunk = z.infer<typeof chunkSchema>;

/** About two megabytes of text at once. */
const chunksAtOnce = 8;
/** Milliseconds for which a reader may block the event loop. */
const turnMs = 5;
/** An aggregate covers one minute; after this time another one begins. */
const aggregateKeptMs = 120_000;
const truncated = 'truncated';

/**
 * Stores the trail in LMDB, the events of each flush as one record: an index entry for each would cost as much as the login. A
 * query walks the records of its period and searches their text.
 */
export class LmdbAuditSpace implements AuditSpace {
  private readonly chunks: LmdbTable<Chunk>;
  private readonly aggregates: LmdbTable<z.infer<typeof aggregatedSchema>>;
  private readonly progress: LmdbTable<z.infer<typeof progressSchema>>;

  constructor(
    private readonly database: LmdbDatabase,
    name: 'audit' | 'audit_security',
  ) {
    this.chunks = database.table({ name: `${name}_events`, schema: chunkSchema });
    this.aggregates = database.table({ name: `${name}_aggregates`, schema: aggregatedSchema });
    this.progress = database.table({ name: `${name}_progress`, schema: progressSchema });
  }

  async append(events: readonly AuditEvent[], retentionMs: number): Promise<void> {
    const chunks = chunksOf(events).map((lines) => {
      const key = lines.at(-1)?.id ?? '';
      return { key, chunk: { text: textOf(lines), expiresAt: timeOf(key) + retentionMs } };
    });
    await this.database.write(() => {
      for (const { key, chunk } of chunks) this.chunks.put(key, chunk);
    });
  }

  async aggregate(aggregates: readonly AuditAggregate[], retentionMs: number): Promise<void> {
    await this.database.write(() => {
      for (const { key, event, count } of aggregates) {
        const begun = this.aggregates.get(key);
        const chunk = begun && this.chunks.get(begun.id);
        if (begun !== undefined && chunk !== undefined) {
          this.chunks.put(begun.id, { ...chunk, text: withMore(chunk.text, count) });
          continue;
        }
        const happened = timeOf(event.id);
        this.chunks.put(event.id, { text: JSON.stringify({ ...event, count }), expiresAt: happened + retentionMs });
        this.aggregates.put(key, { id: event.id, expiresAt: happened + aggregateKeptMs });
      }
    });
  }

  async *newest(query: AuditQuery): AsyncGenerator<readonly AuditEvent[], void, undefined> {
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

  async bytes(): Promise<number> {
    return this.chunks.bytesFresh();
  }

  async trim(bytes: number): Promise<number> {
    let trimmed = 0;
    let excess = this.chunks.bytesFresh() - bytes;
    while (excess > 0) {
      const oldest = this.chunks.entriesFresh(chunksAtOnce);
      if (oldest.length === 0) break;
      // By size of text: records vary from one line to many pages.
      const enough = oldest.findIndex((_chunk, place) => sizeOf(oldest.slice(0, place + 1)) >= excess);
      const going = enough === -1 ? oldest : oldest.slice(0, enough + 1);
      trimmed += await this.remove(going);
      excess -= sizeOf(going);
    }
    return trimmed;
  }

  async removeBefore(before: number): Promise<void> {
    const end = idAt(before);
    for (;;) {
      const oldest = this.chunks.entriesFresh(chunksAtOnce);
      const going = oldest.filter(({ key }) => key < end);
      await this.remove(going);
      if (going.length < chunksAtOnce) return;
    }
  }

  async truncateAddresses(before: number): Promise<void> {
    const end = idAt(before);
    for (let after = this.progress.getFresh(truncated)?.below ?? ''; ;) {
      const read = this.chunks.entriesFresh(chunksAtOnce, after).filter(({ key }) => key < end);
      const last = read.at(-1)?.key;
      if (last === undefined) return;
      await this.rewrite(read, withoutHosts, () => this.progress.put(truncated, { below: last }));
      after = last;
    }
  }

  async erase(sub: string): Promise<number> {
    const needle = `"sub":${JSON.stringify(sub)}`;
    let erased = 0;
    const without = (text: string) => {
      if (!text.includes(needle)) return text;
      const lines = linesIn(text).map((line) => {
        if (!line.includes(needle)) return line;
        erased += 1;
        const { sub: _sub, ip: _ip, user_agent: _userAgent, ...rest } = JSON.parse(line) as AuditEvent;
        return JSON.stringify(rest);
      });
      return lines.join('\n');
    };
    for (let after = ''; ;) {
      const read = this.chunks.entriesFresh(chunksAtOnce, after);
      const named = read.filter(({ value }) => value.text.includes(needle));
      if (named.length > 0) await this.rewrite(named, without);
      const last = read.at(-1)?.key;
      if (last === undefined) return erased;
      after = last;
      await nextTurn();
    }
  }

  /** Returns the number of removed events, without those that another process has removed meanwhile. */
  private async remove(entries: readonly { readonly key: string; readonly value: Chunk }[]): Promise<number> {
    let removed = 0;
    if (entries.length === 0) return removed;
    await this.database.write(() => {
      removed = 0;
      for (const { key, value } of entries) {
        if (this.chunks.has(key)) removed += linesIn(value.text).length;
        this.chunks.remove(key, value.expiresAt);
      }
    });
    return removed;
  }

  /** From its current state: another process may have rewritten or removed it since it was read. */
  private async rewrite(
    entries: readonly { readonly key: string }[],
    rewritten: (text: string) => string,
    besides: () => void = () => {},
  ): Promise<void> {
    await this.database.write(() => {
      for (const { key } of entries) {
        const chunk = this.chunks.get(key);
        if (chunk !== undefined) this.chunks.put(key, { ...chunk, text: rewritten(chunk.text) });
      }
      besides();
    });
  }
}

function sizeOf(entries: readonly { readonly value: Chunk }[]): number {
  return entries.reduce((sum, { value }) => sum + value.text.length, 0);
}

function byId(a: EventLine, b: EventLine): number {
  return a.id < b.id ? -1 : 1;
}

/** The lines up to an id, and those after it, newest first. */
function parted(lines: readonly EventLine[], id: string): readonly [EventLine[], EventLine[]] {
  const from = lines.findIndex((line) => line.id > id);
  return from === -1 ? [[...lines], []] : [lines.slice(0, from), lines.slice(from).toReversed()];
}

function eventOf({ line }: EventLine): AuditEvent {
  return JSON.parse(line) as AuditEvent;
}

function withMore(line: string, count: number): string {
  const event = JSON.parse(line) as AuditEvent;
  return JSON.stringify({ ...event, count: (event.count ?? 1) + count });
}

/** Inside a JSON string quotes are escaped, so this text can only be the field. */
function withoutHosts(text: string): string {
  return text.replaceAll(/"ip":"([^"/]+)"/g, (_field, ip: string) => `"ip":"${networkOf(ip)}"`);
}

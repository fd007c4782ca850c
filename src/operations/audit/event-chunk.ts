import type { AuditEvent } from './audit-event';
import { idAt, timeOf } from './event-id';

/** A chunk contains the events of one time span, so that a reader knows how far back a chunk may begin; see {@link chunkEnd}. */
const spanMs = 10_000;
const eventsAtMost = 500;

/** An event as stored, and its id. */
export interface EventLine {
  readonly id: string;
  readonly line: string;
}

/** Divides events into chunks, each ordered by id. */
export function chunksOf(events: readonly AuditEvent[]): EventLine[][] {
  const lines = events.map((event) => ({ id: event.id, line: JSON.stringify(event) }));
  const chunks: EventLine[][] = [];
  let end = '';
  for (const each of lines.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const current = chunks.at(-1);
    if (current !== undefined && each.id < end && current.length < eventsAtMost) {
      current.push(each);
    } else {
      chunks.push([each]);
      end = chunkEnd(each.id);
    }
  }
  return chunks;
}

export function textOf(lines: readonly EventLine[]): string {
  return lines.map(({ line }) => line).join('\n');
}

export function linesIn(text: string): string[] {
  return text.split('\n');
}

/** Every chunk with an event before `id` lies before this key. */
export function chunkEnd(id: string): string {
  return idAt((Math.floor(timeOf(id) / spanMs) + 1) * spanMs);
}

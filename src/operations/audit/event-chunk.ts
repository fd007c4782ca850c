import type { AuditEvent } from './audit-event';
import type { StoredEvent } from './audit-store';
import { idAt, timeOf } from './event-id';
import { lastingText } from './chain';
import { type Link, linkIn, linkText, noLink } from './link';

/** A chunk contains the events of one time span, so that a reader knows how far back a chunk may begin; see {@link chunkEnd}. */
const spanMs = 10_000;
const eventsAtMost = 500;

/** An event as stored, and its id. */
export interface EventLine {
  readonly id: string;
  readonly line: string;
}

/** An event with its line to be. */
export interface NewLine {
  readonly event: AuditEvent;
  /** See {@link lastingText}. */
  readonly lasting: string;
  /** Without the time, which its id has. What an erasure removes stands last. */
  readonly json: string;
}

/** Divides events into chunks, each ordered by id. */
export function chunksOf(events: readonly AuditEvent[]): NewLine[][] {
  const chunks: NewLine[][] = [];
  let end = '';
  for (const event of events.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const line = newLine(event);
    const current = chunks.at(-1);
    if (current !== undefined && event.id < end && current.length < eventsAtMost) {
      current.push(line);
    } else {
      chunks.push([line]);
      end = chunkEnd(event.id);
    }
  }
  return chunks;
}

export function lineOf(json: string, seq: number, link: string): string {
  return `${json} ${seq} ${link}`;
}

export function linesIn(text: string): string[] {
  return text.split('\n');
}

export function eventIn(line: string): StoredEvent {
  const end = line.lastIndexOf('}') + 1;
  // The number and the time are those of the chain, whatever somebody may have added.
  const { id, seq: _seq, time: _time, ...event } = JSON.parse(line.slice(0, end)) as StoredEvent;
  const [seq = '', link = ''] = line.slice(end + 1).split(' ');
  return { id, seq: Number(seq), time: new Date(timeOf(id)).toISOString(), ...event, link };
}

/** The line with its event and link changed. */
export function changedLine(line: string, change: (event: AuditEvent, link: Link) => Changed): string {
  const { seq, link: before, ...told } = eventIn(line);
  const { event, link } = change(told, linkIn(before) ?? noLink);
  return lineOf(newLine(event).json, seq, linkText(link));
}

interface Changed {
  readonly event: AuditEvent;
  readonly link: Link;
}

function newLine(event: AuditEvent): NewLine {
  const lasting = lastingText(event);
  const { sub, ip, user_agent } = event;
  const personal = JSON.stringify({ sub, ip, user_agent });
  return { event, lasting, json: personal === '{}' ? lasting : `${lasting.slice(0, -1)},${personal.slice(1)}` };
}

/** Every chunk with an event before `id` lies before this key. */
export function chunkEnd(id: string): string {
  return idAt((Math.floor(timeOf(id) / spanMs) + 1) * spanMs);
}

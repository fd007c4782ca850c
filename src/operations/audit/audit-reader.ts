import { Injectable } from '@nestjs/common';
import { defined } from '../../platform/fields/fields';
import type { Page } from '../../platform/storage/page';
import { type Target, targetFields } from './audit-event';
import type { AuditQuery } from './audit-query';
import { AuditStore, type StoredEvent } from './audit-store';
import { AuditTrail } from './audit-trail';

/** An event as it is returned. */
export type ShownEvent = Omit<StoredEvent, 'challenge' | 'link'>;

type ShownEvents = AsyncGenerator<readonly ShownEvent[], void, undefined>;

/** Matching events behind a `seq`, ascending. */
export interface LaterEvents<Events> {
  readonly events: Events;
  /** The `seq` up to which they were looked for: any event that is written later has a higher one. */
  readonly upTo: number;
}

/** Reads the trail, including what this process has not written yet. Every method may throw StoreUnavailableError. */
@Injectable()
export class AuditReader {
  constructor(
    private readonly trail: AuditTrail,
    private readonly store: AuditStore,
  ) {}

  /** The newest matching events; `next` is the `before` of the next page. */
  async page(query: AuditQuery, limit: number): Promise<Page<ShownEvent>> {
    const { items, isAll } = await firstOf(this.all(query), limit);
    const last = items.at(-1);
    return { items, ...(!isAll && last !== undefined && { next: last.id }) };
  }

  /** All matching events, newest first, read on demand. */
  async *all(query: AuditQuery): ShownEvents {
    await this.trail.flush();
    for await (const batch of this.store.newest(query)) yield batch.map(shownEvent);
  }

  /** The oldest matching events behind the `seq` `after`. */
  async pageAfter(query: AuditQuery, after: number, limit: number): Promise<LaterEvents<readonly ShownEvent[]>> {
    const { events, upTo } = await this.allAfter(query, after);
    const { items, isAll } = await firstOf(events, limit);
    return { events: items, upTo: isAll ? upTo : (items.at(-1)?.seq ?? upTo) };
  }

  /** All matching events behind the `seq` `after`, read on demand. */
  async allAfter(query: AuditQuery, after: number): Promise<LaterEvents<ShownEvents>> {
    await this.trail.flush();
    const upTo = Math.max(after, (await this.store.state()).settled);
    return { events: this.inOrder(query, after, upTo), upTo };
  }

  private async *inOrder(query: AuditQuery, after: number, upTo: number): ShownEvents {
    for await (const batch of this.store.inOrder(query, after, upTo)) yield batch.map(shownEvent);
  }
}

/** `isAll`: whether there are no more. */
async function firstOf(events: ShownEvents, limit: number) {
  const items: ShownEvent[] = [];
  for await (const batch of events) {
    items.push(...batch);
    if (items.length > limit) break;
  }
  return { items: items.slice(0, limit), isAll: items.length <= limit };
}

/** The event as it is returned: without what only the trail needs, and with the id of its target. */
export function shownEvent({ challenge: _challenge, link: _link, ...event }: StoredEvent): ShownEvent {
  const { target } = event;
  return target === undefined ? event : { ...event, target: { ...target, ...defined({ id: idOf(target, event) }) } };
}

/** Absent after an erasure. */
function idOf({ kind, id }: Target, event: ShownEvent): string | undefined {
  return Object.hasOwn(targetFields, kind) ? event[targetFields[kind as keyof typeof targetFields]] : id;
}

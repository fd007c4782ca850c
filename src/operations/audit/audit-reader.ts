import { Injectable } from '@nestjs/common';
import type { Page } from '../../platform/storage/page';
import type { AuditEvent } from './audit-event';
import { type AuditQuery, AuditStore } from './audit-store';
import { AuditTrail } from './audit-trail';

/** An event as it is answered. */
export type ShownEvent = Omit<AuditEvent, 'challenge'>;

/** Reads the trail, with all that this process has been told until then. Every method may throw StoreUnavailableError. */
@Injectable()
export class AuditReader {
  constructor(
    private readonly trail: AuditTrail,
    private readonly store: AuditStore,
  ) {}

  /** The newest events that are meant; `next` is the `before` of the page after this one. */
  async page(query: AuditQuery, limit: number): Promise<Page<ShownEvent>> {
    const items: ShownEvent[] = [];
    for await (const batch of this.all(query)) {
      items.push(...batch);
      if (items.length > limit) break;
    }
    const page = items.slice(0, limit);
    const last = page.at(-1);
    return { items: page, ...(items.length > limit && last !== undefined && { next: last.id }) };
  }

  /** All that are meant, newest first, read as they are asked for. */
  async *all(query: AuditQuery): AsyncGenerator<readonly ShownEvent[], void, undefined> {
    await this.trail.flush();
    for await (const batch of this.store.newest(query)) {
      yield batch.map(({ challenge: _challenge, ...event }) => event);
    }
  }
}

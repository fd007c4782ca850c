import { Injectable } from '@nestjs/common';
import type { Page } from '../../platform/storage/page';
import type { AuditEvent } from './audit-event';
import type { AuditQuery } from './audit-query';
import { AuditStore } from './audit-store';
import { AuditTrail } from './audit-trail';

/** An event as it is returned. */
export type ShownEvent = Omit<AuditEvent, 'challenge'>;

/** Reads the trail, including what this process has not written yet. Every method may throw StoreUnavailableError. */
@Injectable()
export class AuditReader {
  constructor(
    private readonly trail: AuditTrail,
    private readonly store: AuditStore,
  ) {}

  /** The newest matching events; `next` is the `before` of the next page. */
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

  /** All matching events, newest first, read on demand. */
  async *all(query: AuditQuery): AsyncGenerator<readonly ShownEvent[], void, undefined> {
    await this.trail.flush();
    for await (const batch of this.store.newest(query)) {
      yield batch.map(({ challenge: _challenge, ...event }) => event);
    }
  }
}

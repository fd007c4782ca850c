import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Events } from '../../domain/events/events';
import { AuditStore } from './audit-store';

/** Longer than a running service keeps unwritten events. */
const writtenWithinMs = 1_500;

/** Erases an end-user from the trail. */
@Injectable()
export class AuditErasure {
  constructor(private readonly store: AuditStore) {}

  /**
   * Removes the subject with IP addresses and user agents from all events, and keeps the events; returns their number. Throws:
   * StoreUnavailableError, and may then be repeated.
   */
  async erase(sub: string, events: Events): Promise<number> {
    let count = await this.store.erase(sub);
    await delay(writtenWithinMs);
    count += await this.store.erase(sub);
    events.emit({ type: 'audit_erased', count });
    return count;
  }
}

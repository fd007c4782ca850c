import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Events } from '../../domain/events/events';
import { AuditStore } from './audit-store';

/** Longer than a running service holds what it has not written yet. */
const writtenWithinMs = 1_500;

/** Takes a person out of the trail. */
@Injectable()
export class AuditErasure {
  constructor(private readonly store: AuditStore) {}

  /**
   * Takes the subject, its IP addresses and user agents out of all events, and leaves the events; returns out of how many.
   * Throws: StoreUnavailableError, and may then be repeated.
   */
  async erase(sub: string, events: Events): Promise<number> {
    let count = await this.store.erase(sub);
    await delay(writtenWithinMs);
    count += await this.store.erase(sub);
    events.emit({ type: 'audit_erased', count });
    return count;
  }
}

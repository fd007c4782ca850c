import type { AuditEvent } from './audit-event';
import type { AuditAggregate, AuditQuery } from './audit-store';

/**
 * One of the two spaces of the trail's store, with a size of its own. Every method is as in `AuditStore` and rejects with
 * StoreUnavailableError when the database does not answer in time.
 */
export abstract class AuditSpace {
  abstract append(events: readonly AuditEvent[], retentionMs: number): Promise<void>;
  abstract aggregate(aggregates: readonly AuditAggregate[], retentionMs: number): Promise<void>;
  abstract newest(query: AuditQuery): AsyncGenerator<readonly AuditEvent[], void, undefined>;
  abstract bytes(): Promise<number>;
  /** Returns how many events this call has removed. */
  abstract trim(bytes: number): Promise<number>;
  abstract removeBefore(time: number): Promise<void>;
  abstract truncateAddresses(before: number): Promise<void>;
  abstract erase(sub: string): Promise<number>;
}

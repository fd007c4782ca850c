import type { ServiceEventType } from '../../domain/events/event';
import type { AuditEvent } from './audit-event';

/** Which events are meant: those that agree with every given field. */
export interface AuditQuery {
  readonly type?: ServiceEventType;
  readonly clientId?: string;
  readonly sub?: string;
  readonly ip?: string;
  readonly reason?: string;
  /** From this time on; milliseconds since the epoch. */
  readonly since?: number;
  /** Before this time. */
  readonly until?: number;
  /** Older than the event with this id. */
  readonly before?: string;
}

/** Events that are kept as one with their number. */
export interface AuditAggregate {
  /** Of one minute: what any process adds by the same key is counted together. */
  readonly key: string;
  /** The first of them, which stands for all. */
  readonly event: AuditEvent;
  /** How many are to be added. */
  readonly count: number;
  /** Of the space that security events have to themselves. */
  readonly reserved?: boolean;
}

/** How many events were removed before their time. */
export interface Trimmed {
  readonly security: number;
  readonly other: number;
}

/**
 * The store of the audit trail. Events are written in batches and read newest first; nothing of a login waits for it.
 * Every method rejects with StoreUnavailableError when the database does not answer in time.
 */
export abstract class AuditStore {
  /**
   * Keeps events until they are `retentionMs` old; `reserved`: in the space that security events have to themselves. The
   * same events again change nothing, so a batch may be retried.
   */
  abstract append(events: readonly AuditEvent[], retentionMs: number, reserved?: boolean): Promise<void>;

  /** Adds to the event of each key, which begins with the one that is given. A retry may count twice. */
  abstract aggregate(aggregates: readonly AuditAggregate[], retentionMs: number): Promise<void>;

  /** The events that are meant, newest first, in batches of any size; whoever has enough ends it by `return`. */
  abstract newest(query: AuditQuery): AsyncGenerator<readonly AuditEvent[], void, undefined>;

  /** How large all events are, as the database counts. */
  abstract bytes(): Promise<number>;

  /**
   * Removes the oldest events until {@link bytes} is at most `bytes`, or nearly so. Half of it is for security events, half
   * for the others; what one of them leaves free the other may have.
   */
  abstract trim(bytes: number): Promise<Trimmed>;

  /** Removes the events before a time; milliseconds since the epoch. */
  abstract removeBefore(time: number): Promise<void>;

  /** Leaves of the IP address of each event before a time its network alone. Any number of processes may, and again. */
  abstract truncateAddresses(before: number): Promise<void>;

  /** Takes the subject out of its events, and IP address and user agent with it; returns of how many events. */
  abstract erase(sub: string): Promise<number>;
}

import type { AuditEvent } from './audit-event';
import type { AuditQuery } from './audit-query';

/** Events that are stored as one with their number. */
export interface AuditAggregate {
  /** Unique in its minute: aggregates of all processes with the same key are added up. */
  readonly key: string;
  /** The first event, which stands for all. */
  readonly event: AuditEvent;
  /** The number to add. */
  readonly count: number;
  /** Whether it belongs to the space of security events. */
  readonly reserved?: boolean;
}

/** Numbers of events that were removed before their time. */
export interface Trimmed {
  readonly security: number;
  readonly other: number;
}

/** One of the two spaces of the trail's store, with its own size. Every method is as in {@link AuditStore}. */
export interface AuditSpace extends Pick<
  AuditStore,
  'aggregate' | 'newest' | 'bytes' | 'removeBefore' | 'truncateAddresses' | 'erase'
> {
  append(events: readonly AuditEvent[], retentionMs: number): Promise<void>;
  /** Returns the number of events that this call removed. */
  trim(bytes: number): Promise<number>;
}

type Events = AsyncGenerator<readonly AuditEvent[], void, undefined>;

/**
 * The store of the audit trail. Events are written in batches and read newest first; no login waits for it. Security events
 * have a space of their own, so that events of other kinds cannot push them out. Every method rejects with
 * StoreUnavailableError when the database does not answer in time.
 */
export class AuditStore {
  constructor(
    private readonly common: AuditSpace,
    private readonly security: AuditSpace,
  ) {}

  /**
   * Stores events until they are `retentionMs` old; `reserved`: in the space of security events. Repeating it changes nothing,
   * so a batch may be retried.
   */
  async append(events: readonly AuditEvent[], retentionMs: number, reserved = false): Promise<void> {
    await (reserved ? this.security : this.common).append(events, retentionMs);
  }

  /** Adds to the event of each key, or begins it with the given one. A retry may count twice. */
  async aggregate(aggregates: readonly AuditAggregate[], retentionMs: number): Promise<void> {
    const reserved = aggregates.filter((aggregate) => aggregate.reserved === true);
    const others = aggregates.filter((aggregate) => aggregate.reserved !== true);
    if (reserved.length > 0) await this.security.aggregate(reserved, retentionMs);
    if (others.length > 0) await this.common.aggregate(others, retentionMs);
  }

  /** The matching events, newest first, in batches of any size; stop by `return`. */
  newest(query: AuditQuery): Events {
    return inOneOrder([this.common.newest(query), this.security.newest(query)]);
  }

  /** Size of all events, as the database counts it. */
  async bytes(): Promise<number> {
    const [common, security] = await this.sizes();
    return common + security;
  }

  /**
   * Removes the oldest events until {@link bytes} is about `bytes` or less. Half of it is reserved for security events, half
   * for the others; either may use what the other leaves free.
   */
  async trim(bytes: number): Promise<Trimmed> {
    const [common, security] = await this.sizes();
    const other = await this.common.trim(Math.max(bytes / 2, bytes - security));
    return { other, security: await this.security.trim(Math.max(bytes / 2, bytes - common)) };
  }

  /** Removes the events before this time; milliseconds since the epoch. */
  async removeBefore(time: number): Promise<void> {
    await this.common.removeBefore(time);
    await this.security.removeBefore(time);
  }

  /** Truncates the IP addresses of events before a time to their network. Idempotent, and safe in several processes. */
  async truncateAddresses(before: number): Promise<void> {
    await this.common.truncateAddresses(before);
    await this.security.truncateAddresses(before);
  }

  /** Removes the subject, IP address and user agent from the subject's events; returns their number. */
  async erase(sub: string): Promise<number> {
    return (await this.common.erase(sub)) + (await this.security.erase(sub));
  }

  private async sizes(): Promise<readonly [common: number, security: number]> {
    return Promise.all([this.common.bytes(), this.security.bytes()]);
  }
}

/** Merges streams that are newest first. */
async function* inOneOrder(readings: readonly Events[]): Events {
  let open = readings.map((events) => ({ events, batch: [] as readonly AuditEvent[] }));
  try {
    for (;;) {
      for (const each of open) each.batch = each.batch.length > 0 ? each.batch : await nextBatch(each.events);
      open = open.filter(({ batch }) => batch.length > 0);
      if (open.length === 0) return;
      // Anything older may still follow newer events in a batch that has not been read.
      const oldest = open.map(({ batch }) => batch.at(-1)?.id ?? '').reduce((a, b) => (a > b ? a : b));
      yield open
        .flatMap(({ batch }) => batch.filter(({ id }) => id >= oldest))
        .toSorted((a, b) => (a.id < b.id ? 1 : -1));
      for (const each of open) each.batch = each.batch.filter(({ id }) => id < oldest);
    }
  } finally {
    await Promise.all(readings.map((events) => events.return()));
  }
}

/** Empty at the end. */
async function nextBatch(events: Events): Promise<readonly AuditEvent[]> {
  for (;;) {
    const { done, value } = await events.next();
    if (done === true) return [];
    if (value.length > 0) return value;
  }
}

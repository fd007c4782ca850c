import { defined } from '../../platform/fields/fields';
import type { AuditEvent } from './audit-event';
import type { AuditLedger, LedgerState } from './audit-ledger';
import type { AuditQuery } from './audit-query';
import type { Head, SpaceName } from './chain';

/** An event of the store. */
export interface StoredEvent extends AuditEvent {
  /** Counts the events of both spaces in the order of writing. */
  readonly seq: number;
  /** See {@link Link}, as text. */
  readonly link: string;
}

/** An event with its space. */
export interface SpacedEvent extends StoredEvent {
  readonly space: SpaceName;
}

/** Numbers of events that were removed before their time. */
export interface Trimmed {
  readonly security: number;
  readonly other: number;
}

/** The `seq` up to which the events of a space are removed. */
export type Cuts = Readonly<Partial<Record<SpaceName, number>>>;

/** One of the two spaces of the trail's store, with its own size. Every method is as in {@link AuditStore}. */
export interface AuditSpace extends Pick<AuditStore, 'newest' | 'inOrder' | 'bytes' | 'truncateAddresses' | 'erase'> {
  /** The end of this process's chain; undefined before its first event. */
  readonly head: Head | undefined;
  append(events: readonly AuditEvent[]): Promise<void>;
  /** The `seq` up to which the oldest events must go until it is of about this size; undefined for none. */
  cutForSize(bytes: number): Promise<number | undefined>;
  /** The `seq` up to which all events are older; undefined for none. */
  cutForAge(before: number): Promise<number | undefined>;
  /** Returns the number of events that this call removed. */
  removeUpTo(seq: number): Promise<number>;
}

/** In batches of any size; stop by `return`. */
export type Events<Event = StoredEvent> = AsyncGenerator<readonly Event[], void, undefined>;

/**
 * The store of the audit trail. Events are written in batches and read newest first; no login waits for it. Security events
 * have a space of their own, so that events of other kinds cannot push them out. Every method rejects with
 * StoreUnavailableError when the database does not answer in time.
 */
export class AuditStore {
  constructor(
    private readonly common: AuditSpace,
    private readonly security: AuditSpace,
    private readonly ledger: AuditLedger,
  ) {}

  /**
   * Stores events; `reserved`: in the space of security events. Repeating it changes nothing, so a batch may be retried; events
   * of a batch that failed may be stored later.
   */
  async append(events: readonly AuditEvent[], reserved = false): Promise<void> {
    await (reserved ? this.security : this.common).append(events);
  }

  /** The matching events, newest first. */
  newest(query: AuditQuery): Events {
    return inOneOrder([this.common.newest(query), this.security.newest(query)], byIdDescending);
  }

  /** The matching events behind the `seq` `after` up to another, ascending. */
  inOrder(query: AuditQuery, after: number, upTo: number): Events {
    return inOneOrder(
      [this.common, this.security].map((space) => space.inOrder(query, after, upTo)),
      bySeq,
    );
  }

  /** All events up to a `seq`, ascending. */
  all(upTo: number): Events<SpacedEvent> {
    const spaces = [
      inSpace('audit', this.common.inOrder({}, 0, upTo)),
      inSpace('audit_security', this.security.inOrder({}, 0, upTo)),
    ];
    return inOneOrder(spaces, bySeq);
  }

  /** See {@link AuditLedger}. */
  async state(): Promise<LedgerState> {
    return this.ledger.state();
  }

  async sealed(heads: readonly Head[], number: number): Promise<void> {
    await this.ledger.sealed(heads, number);
  }

  /** Size of all events, as the database counts it. */
  async bytes(): Promise<number> {
    const [common, security] = await this.sizes();
    return common + security;
  }

  /** The ends of this process's chains. */
  get heads(): Head[] {
    return [this.common.head, this.security.head].filter((head) => head !== undefined);
  }

  /**
   * What must go until {@link bytes} is about `bytes` or less. Half of it is reserved for security events, half for the others;
   * either may use what the other leaves free.
   */
  async cutsForSize(bytes: number): Promise<Cuts> {
    const [common, security] = await this.sizes();
    return defined({
      audit: await this.common.cutForSize(Math.max(bytes / 2, bytes - security)),
      audit_security: await this.security.cutForSize(Math.max(bytes / 2, bytes - common)),
    });
  }

  /** The oldest events before this time; milliseconds since the epoch. */
  async cutsForAge(before: number): Promise<Cuts> {
    const [audit, security] = await Promise.all([this.common.cutForAge(before), this.security.cutForAge(before)]);
    return defined({ audit, audit_security: security });
  }

  async remove({ audit, audit_security: security }: Cuts): Promise<Trimmed> {
    return {
      other: audit === undefined ? 0 : await this.common.removeUpTo(audit),
      security: security === undefined ? 0 : await this.security.removeUpTo(security),
    };
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

type Order = (a: StoredEvent, b: StoredEvent) => number;

const byIdDescending: Order = (a, b) => (a.id < b.id ? 1 : -1);
const bySeq: Order = (a, b) => a.seq - b.seq;

/** Merges streams that are in this order. */
async function* inOneOrder<Event extends StoredEvent>(readings: readonly Events<Event>[], order: Order): Events<Event> {
  let open = readings.map((events) => ({ events, batch: [] as readonly Event[] }));
  try {
    for (;;) {
      for (const each of open) each.batch = each.batch.length > 0 ? each.batch : await nextBatch(each.events);
      open = open.filter(({ batch }) => batch.length > 0);
      // What follows this one may still follow events of a batch that has not been read.
      const [last] = open.flatMap(({ batch }) => batch.slice(-1)).toSorted(order);
      if (last === undefined) return;
      const isDue = (event: Event) => event === last || order(event, last) < 0;
      yield open.flatMap(({ batch }) => batch.filter(isDue)).toSorted(order);
      for (const each of open) each.batch = each.batch.filter((event) => !isDue(event));
    }
  } finally {
    await Promise.all(readings.map((events) => events.return()));
  }
}

/** Empty at the end. */
async function nextBatch<Event>(events: Events<Event>): Promise<readonly Event[]> {
  for (;;) {
    const { done, value } = await events.next();
    if (done === true) return [];
    if (value.length > 0) return value;
  }
}

async function* inSpace(space: SpaceName, events: Events): Events<SpacedEvent> {
  for await (const batch of events) yield batch.map((event) => ({ space, ...event }));
}

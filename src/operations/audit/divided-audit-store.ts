import type { AuditEvent } from './audit-event';
import type { AuditSpace } from './audit-space';
import { type AuditAggregate, type AuditQuery, AuditStore, type Trimmed } from './audit-store';

type Events = AsyncGenerator<readonly AuditEvent[], void, undefined>;

/** Keeps security events apart from all others, so that nobody pushes them out by events of another kind. */
export class DividedAuditStore extends AuditStore {
  constructor(
    private readonly common: AuditSpace,
    private readonly security: AuditSpace,
  ) {
    super();
  }

  async append(events: readonly AuditEvent[], retentionMs: number, reserved = false): Promise<void> {
    await (reserved ? this.security : this.common).append(events, retentionMs);
  }

  async aggregate(aggregates: readonly AuditAggregate[], retentionMs: number): Promise<void> {
    const reserved = aggregates.filter((aggregate) => aggregate.reserved === true);
    const others = aggregates.filter((aggregate) => aggregate.reserved !== true);
    if (reserved.length > 0) await this.security.aggregate(reserved, retentionMs);
    if (others.length > 0) await this.common.aggregate(others, retentionMs);
  }

  newest(query: AuditQuery): Events {
    return inOneOrder([this.common.newest(query), this.security.newest(query)]);
  }

  async bytes(): Promise<number> {
    const [common, security] = await this.sizes();
    return common + security;
  }

  async trim(bytes: number): Promise<Trimmed> {
    const [common, security] = await this.sizes();
    const other = await this.common.trim(Math.max(bytes / 2, bytes - security));
    return { other, security: await this.security.trim(Math.max(bytes / 2, bytes - common)) };
  }

  async removeBefore(time: number): Promise<void> {
    await this.common.removeBefore(time);
    await this.security.removeBefore(time);
  }

  async truncateAddresses(before: number): Promise<void> {
    await this.common.truncateAddresses(before);
    await this.security.truncateAddresses(before);
  }

  async erase(sub: string): Promise<number> {
    return (await this.common.erase(sub)) + (await this.security.erase(sub));
  }

  private async sizes(): Promise<readonly [common: number, security: number]> {
    return Promise.all([this.common.bytes(), this.security.bytes()]);
  }
}

/** Readings that are newest first each, as one that is. */
async function* inOneOrder(readings: readonly Events[]): Events {
  let open = readings.map((events) => ({ events, batch: [] as readonly AuditEvent[] }));
  try {
    for (;;) {
      for (const each of open) each.batch = each.batch.length > 0 ? each.batch : await nextBatch(each.events);
      open = open.filter(({ batch }) => batch.length > 0);
      if (open.length === 0) return;
      // What is older may have newer ones before it in a batch that has not been read.
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

/** Empty when there are no more. */
async function nextBatch(events: Events): Promise<readonly AuditEvent[]> {
  for (;;) {
    const { done, value } = await events.next();
    if (done === true) return [];
    if (value.length > 0) return value;
  }
}

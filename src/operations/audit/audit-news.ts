import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../platform/clock';
import type { AuditReader, ShownEvent } from './audit-reader';
import type { AuditQuery } from './audit-store';

const lookEveryMs = 1_000;
/** So late an event may be written after it happened, by any process; with a store that was away it is later, and is not told here. */
const lateMs = 10_000;

/** What happens from now on, in its order, until `signal` ends it. Throws: StoreUnavailableError. */
export async function* auditNews(
  reader: AuditReader,
  query: AuditQuery,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<readonly ShownEvent[], void, undefined> {
  let seen = new Set((await latest(reader, query, clock)).map(({ id }) => id));
  while (!signal.aborted) {
    await delay(lookEveryMs, undefined, { signal }).catch(() => {});
    const events = await latest(reader, query, clock);
    yield events.filter(({ id }) => !seen.has(id)).toReversed();
    seen = new Set(events.map(({ id }) => id));
  }
}

async function latest(reader: AuditReader, query: AuditQuery, clock: Clock): Promise<ShownEvent[]> {
  const events: ShownEvent[] = [];
  for await (const batch of reader.all({ ...query, since: clock.now() - lateMs })) events.push(...batch);
  return events;
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../platform/clock';
import type { AuditReader, ShownEvent } from './audit-reader';
import type { AuditQuery } from './audit-query';

const lookEveryMs = 1_000;
/**
 * Milliseconds after which every process has written an event. After an outage of the store it is later, and is then not
 * reported here.
 */
const lateMs = 10_000;

/** New events in order, until `signal` aborts. Throws: StoreUnavailableError. */
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

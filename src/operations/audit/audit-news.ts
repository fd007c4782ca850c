import { setTimeout as delay } from 'node:timers/promises';
import type { AuditReader, ShownEvent } from './audit-reader';
import type { AuditQuery } from './audit-query';

const lookEveryMs = 1_000;
const atOnce = 1_000;

/** The events behind the `seq` `after`, each once and as soon as it is written, until `signal` aborts. Throws: StoreUnavailableError. */
export async function* auditNews(
  reader: AuditReader,
  query: AuditQuery,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<readonly ShownEvent[], void, undefined> {
  for (let last = after; !signal.aborted;) {
    await delay(lookEveryMs, undefined, { signal }).catch(() => {});
    const { events, upTo } = await reader.pageAfter(query, last, atOnce);
    yield events;
    last = upTo;
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../platform/clock';
import { ComparisonError } from './comparison-error';
import type { Run } from './run';
import { eventsOf } from './run-view';
import type { Runs } from './runs';

/** Milliseconds between reads: any worker may be asked, so news comes through the store. */
const lookEveryMs = 100;
const heartbeatEveryMs = 5_000;

/** The run's events from number `next` on, as server-sent events. Source: HTML Living Standard §9.2.5. */
export async function* eventStream(
  runs: Pick<Runs, 'find' | 'stopping'>,
  clock: Clock,
  id: string,
  next: number,
): AsyncGenerator<string> {
  let number = next;
  let quietMs = 0;
  while (!runs.stopping.aborted) {
    const run = await runs.find(id).catch((error: unknown) => {
      // The run has expired: there is nothing more to report.
      if (error instanceof ComparisonError) return undefined;
      throw error;
    });
    if (run === undefined) return;
    const now = clock.now();
    for (const { type, ...data } of eventsOf(run, now).slice(number)) {
      yield `id: ${number}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
      number += 1;
      quietMs = 0;
    }
    if (isComplete(run, now, number)) return;
    await delay(lookEveryMs, undefined, { signal: runs.stopping }).catch(() => {});
    quietMs += lookEveryMs;
    if (quietMs >= heartbeatEveryMs) {
      // A comment: keeps proxies from closing an idle connection, and detects one that the reader has closed.
      yield ': still running\n\n';
      quietMs = 0;
    }
  }
}

/** Whether the run has ended and a reader who has all events before number `next` has all of them. */
export function isComplete(run: Run, now: number, next: number): boolean {
  const events = eventsOf(run, now);
  return next >= events.length && events.some(({ type }) => type === 'done');
}

import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds before each retry; together 1.3 s: a process that has much to do takes as long between two steps. */
const waits = [5, 10, 20, 40, 80, 160, 320, 640];
/** Of a database that is slow. */
const longestWait = 500;

/**
 * The result of `find`, at once or within 1.3 s: for a record that a concurrent request may be about to write, where the
 * database has no transaction around both steps. A database that answers slowly is given as long again before each retry: it is
 * as slow for who writes.
 */
export async function lookAgain<Found>(find: () => Promise<Found | undefined>): Promise<Found | undefined> {
  let asked = performance.now();
  let found = await find();
  for (const wait of waits) {
    if (found !== undefined) return found;
    await delay(Math.max(wait, Math.min(performance.now() - asked, longestWait)));
    asked = performance.now();
    found = await find();
  }
  return found;
}

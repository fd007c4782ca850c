import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds before each retry; together within 200 ms. */
const waits = [5, 10, 20, 40, 80];

/**
 * The result of `find`, at once or within 200 ms: for a record that a concurrent request may be about to write, where the
 * database has no transaction around both steps.
 */
export async function lookAgain<Found>(find: () => Promise<Found | undefined>): Promise<Found | undefined> {
  let found = await find();
  for (const wait of waits) {
    if (found !== undefined) return found;
    await delay(wait);
    found = await find();
  }
  return found;
}

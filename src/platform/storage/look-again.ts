import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds before each further look; together within 200 ms. */
const waits = [5, 10, 20, 40, 80];

/**
 * What `find` finds, at once or within 200 ms: for a record that a concurrent request may be just about to write, where
 * the database has no transaction that would show both of its steps at once.
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

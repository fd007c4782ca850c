import { setTimeout as delay } from 'node:timers/promises';

/** Asks until the answer holds, for what announces itself by no event. Rejects after `withinMs`. */
export async function eventually(
  holds: () => Promise<boolean>,
  {
    withinMs,
    everyMs = 50,
    what = 'it did not hold',
  }: { readonly withinMs: number; readonly everyMs?: number; readonly what?: string },
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await delay(everyMs);
  }
}

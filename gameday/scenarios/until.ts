import { setTimeout as delay } from 'node:timers/promises';

/** Waits until it holds. Rejects after so many milliseconds. */
export async function until(holds: () => Promise<boolean>, withinMs: number, what: string): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await delay(50);
  }
}

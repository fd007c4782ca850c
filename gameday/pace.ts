import { setTimeout as delay } from 'node:timers/promises';

/**
 * Does it so many times a second, whatever becomes of it, until it is stopped; while `underWayAtMost` have not ended it is left
 * out. Returns what stops it, and waits for what is under way.
 */
export function atPace(perSecond: number, underWayAtMost: number, act: () => Promise<unknown>): () => Promise<void> {
  const stopping = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  const run = async () => {
    while (!stopping.signal.aborted) {
      if (underWay.size < underWayAtMost) {
        const acting = act().finally(() => underWay.delete(acting));
        underWay.add(acting);
      }
      await delay(1_000 / perSecond, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const running = run();
  return async () => {
    stopping.abort();
    await running;
    await Promise.all(underWay);
  };
}

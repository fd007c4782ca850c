import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, Refused } from '../clients/answer';
import type { Stage } from '../stage';

/** Something that is done again and again beside the steady load. */
export interface Repeated {
  /** How often each result came. */
  readonly results: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

const underWayAtMost = 100;

/** Does it so many times a second until it is stopped; what it answers, or what was refused, is counted. */
export function repeat(stage: Stage, perSecond: number, act: () => Promise<Answer | string>): Repeated {
  const results = new Map<string, number>();
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const once = async () => {
    const result = await act().then(
      (answer) => (typeof answer === 'string' ? answer : resultOf(answer)),
      (error: unknown) => (error instanceof Refused ? resultOf(error.answer) : 'no answer'),
    );
    results.set(result, (results.get(result) ?? 0) + 1);
  };
  const run = async () => {
    while (!stopping.signal.aborted) {
      if (underWay.size < underWayAtMost) {
        const acting = once().finally(() => underWay.delete(acting));
        underWay.add(acting);
      }
      await delay(1_000 / perSecond, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const running = run();
  const stop = async () => {
    stopping.abort();
    await running;
    await Promise.all(underWay);
  };
  stage.cleanup.add(stop);
  return { results, stop };
}

function resultOf({ status, body }: Answer): string {
  const why = body['reason'] ?? body['error'];
  return why === undefined ? String(status) : `${status} ${String(why)}`;
}

/** The results in words, the most frequent first. */
export function shown(results: ReadonlyMap<string, number>): string {
  return [...results]
    .toSorted(([, a], [, b]) => b - a)
    .map(([result, count]) => `${count} × ${result}`)
    .join(', ');
}

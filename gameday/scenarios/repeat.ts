import { Refused } from '../../test/support/clients/refused';
import type { Answer } from '../../test/support/clients/wallet';
import { atPace } from '../pace';
import type { Context } from '../context';

/** Something that is done again and again beside the steady load. */
export interface Repeated {
  /** How often each result came. */
  readonly results: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

const underWayAtMost = 100;

/** Does it so many times a second until it is stopped; what it answers, or what was refused, is counted. */
export function repeat(context: Context, perSecond: number, act: () => Promise<Answer | string>): Repeated {
  const results = new Map<string, number>();
  const once = async () => {
    const result = await act().then(
      (answer) => (typeof answer === 'string' ? answer : resultOf(answer)),
      (error: unknown) => (error instanceof Refused ? resultOf(error.answer) : 'no answer'),
    );
    results.set(result, (results.get(result) ?? 0) + 1);
  };
  const stop = atPace(perSecond, underWayAtMost, once);
  context.cleanup.add(stop);
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

import type { Contest } from './contender';
import type { TestStore } from './stores';
import { startTypeScript } from '../run/ts-process';

/** Several processes that have opened one store, ready to do the same at once. */
export interface Contenders {
  /** Releases all of them together, and returns what each of their callers got, but undefined. */
  run(contest: Contest): Promise<unknown[]>;
  stop(): Promise<void>;
}

export async function contenders({ env }: Pick<TestStore, 'env'>, processes: number): Promise<Contenders> {
  const started = Array.from({ length: processes }, () => startTypeScript('test/support/stores/contender.ts', [], env));
  const stop = async () => void (await Promise.all(started.map((each) => each.kill())));
  try {
    await Promise.all(started.map((each) => each.message()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    run: async (contest) => {
      const answers = started.map((each) => each.message());
      for (const each of started) each.child.send(contest);
      return (await Promise.all(answers)).flat();
    },
    stop,
  };
}

import type { Contest } from './contender';
import type { TestStore } from './stores';
import { startTypeScript } from './ts-process';

/** Several processes on one store, ready to do the same at once. */
export interface Contenders {
  /** Releases all of them together, and returns what each of their callers got, but undefined. */
  run(contest: Contest): Promise<unknown[]>;
  stop(): Promise<void>;
}

export async function contenders(store: TestStore, processes: number): Promise<Contenders> {
  const started = Array.from({ length: processes }, () => startTypeScript('test/support/contender.ts', [], store.env));
  await Promise.all(started.map((each) => each.message()));
  return {
    run: async (contest) => {
      const answers = started.map((each) => each.message());
      for (const each of started) each.child.send(contest);
      return (await Promise.all(answers)).flat();
    },
    stop: async () => {
      await Promise.all(started.map((each) => each.kill()));
    },
  };
}

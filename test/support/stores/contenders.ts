import type { Contest } from './contender';
import type { TestStore } from './stores';
import { startTypeScript } from '../run/ts-process';

/** Several processes on one store, ready to do the same at once. */
export interface Contenders {
  /** Resolves when all have opened the store. */
  readonly ready: Promise<unknown>;
  /** Releases all of them together, and returns what each of their callers got, but undefined. */
  run(contest: Contest): Promise<unknown[]>;
  stop(): Promise<void>;
}

export function contenders(store: TestStore, processes: number): Contenders {
  const started = Array.from({ length: processes }, () =>
    startTypeScript('test/support/stores/contender.ts', [], store.env),
  );
  const ready = Promise.all(started.map((each) => each.message()));
  // Whoever waits for it hears of it; a suite that gave up waiting has reported that already.
  ready.catch(() => {});
  return {
    ready,
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

import { deadline } from './answer.ts';

/** Runs one piece of work at a time under a name, across all that share the storage. As `navigator.locks`. */
export interface Locks {
  /**
   * Resolves to what the work does, or fails as it does; either lets the next one in. Work under one name asks for another
   * within: that must not wait for the first. `patience`: milliseconds after which whoever is at work is taken for frozen, and
   * the next one begins all the same.
   */
  request<Result>(name: string, work: () => Promise<Result>, patience?: number): Promise<Result>;
}

/**
 * Across the tabs of a browser where it has Web Locks and does not block them, else within this process. Nobody waits for a
 * tab for longer than `patience`, 5 seconds by default: less than the 10 in which the service answers a second use of a refresh
 * token as the first. Source: github.com/w3c/web-locks; docs/http-api.md, section PKCE model.
 */
export function platformLocks(): Locks {
  const { locks } = (globalThis as { navigator?: { locks?: LockManager } }).navigator ?? {};
  // A browser of one process has many tabs; Node has one process.
  if (locks === undefined) return processLocks;
  return {
    async request<Result>(name: string, work: () => Promise<Result>, patience = 5_000) {
      let running: Promise<Result> | undefined;
      const run = () => (running ??= work());
      try {
        return await locks.request(name, deadline(patience), run);
      } catch {
        // Waited in vain; or had its lock taken, and goes on; or failed.
        return running ?? locks.request(name, { steal: true }, run).catch(() => processLocks.request(name, run));
      }
    },
  };
}

const tails = new Map<string, Promise<unknown>>();

/** Within this process alone. */
export const processLocks: Locks = {
  async request(name, work) {
    const mine = (tails.get(name) ?? Promise.resolve()).then(work);
    const tail = mine.catch(() => undefined);
    tails.set(name, tail);
    try {
      return await mine;
    } finally {
      if (tails.get(name) === tail) tails.delete(name);
    }
  },
};

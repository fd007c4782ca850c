import { deadline } from './answer.ts';

/** Runs one task at a time for a name, among all that share the storage. Like `navigator.locks`. */
export interface Locks {
  /**
   * Resolves or rejects as the task does, and then lets the next one in. A task may request another name inside, which must not
   * wait for the first. `patience`: milliseconds after which the current task counts as frozen, and the next one begins.
   */
  request<Result>(name: string, work: () => Promise<Result>, patience?: number): Promise<Result>;
}

/**
 * Across the tabs of a browser with usable Web Locks, otherwise within this process. Nobody waits for a tab longer than
 * `patience`, 5 seconds by default: less than the 10 in which the service treats a second use of a refresh token as a retry.
 * Source: github.com/w3c/web-locks; docs/http-api.md, section PKCE model.
 */
export function platformLocks(): Locks {
  const { locks } = (globalThis as { navigator?: { locks?: LockManager } }).navigator ?? {};
  // Only browsers have tabs; Node has one process.
  if (locks === undefined) return processLocks;
  return {
    async request<Result>(name: string, work: () => Promise<Result>, patience = 5_000) {
      let running: Promise<Result> | undefined;
      const run = () => (running ??= work());
      try {
        return await locks.request(name, deadline(patience), run);
      } catch {
        // The wait timed out, or this lock was stolen and its task goes on, or Web Locks failed.
        return running ?? locks.request(name, { steal: true }, run).catch(() => processLocks.request(name, run));
      }
    },
  };
}

const tails = new Map<string, Promise<unknown>>();

/** Within this process only. */
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

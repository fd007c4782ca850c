/** Runs one piece of work at a time under a name, across all that share the storage. As `navigator.locks`. */
export interface Locks {
  /**
   * Resolves to what the work does, or fails as it does; either lets the next one in. Work under one name asks for another
   * within: that must not wait for the first.
   */
  request<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}

/** Across the tabs of a browser where it has Web Locks, else within this process. Source: github.com/w3c/web-locks. */
export function platformLocks(): Locks {
  const { locks } = (globalThis as { navigator?: { locks?: LockManager } }).navigator ?? {};
  // A browser of one process has many tabs; Node has one process.
  return locks === undefined ? processLocks : { request: async (name, work) => locks.request(name, work) };
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

import { StoreUnavailableError } from './store-unavailable.error';

/** How long a store may take to answer: a request that waits for it must still get its 503 in reasonable time. */
export const storeTimeoutMs = 5_000;

interface Waiting {
  readonly deadline: number;
  readonly giveUp: (error: StoreUnavailableError) => void;
}

/** In the order in which they began: all may take equally long, so the first is the first to be late. */
const waiting = new Set<Waiting>();
let timer: NodeJS.Timeout | undefined;

/**
 * The result of a database operation.
 * Throws: {@link StoreUnavailableError} when it takes longer than {@link storeTimeoutMs}; it may still take effect later.
 */
export function inTime<Result>(operation: PromiseLike<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const begun = { deadline: performance.now() + storeTimeoutMs, giveUp: reject };
    waiting.add(begun);
    // One timer for all that wait, because a timer of its own costs each operation more than its bookkeeping.
    timer ??= setTimeout(giveUpTheLate, storeTimeoutMs).unref();
    operation.then(
      (result) => {
        waiting.delete(begun);
        resolve(result);
      },
      (error: unknown) => {
        waiting.delete(begun);
        reject(error);
      },
    );
  });
}

function giveUpTheLate(): void {
  timer = undefined;
  const now = performance.now();
  for (const begun of waiting) {
    if (begun.deadline > now) {
      timer = setTimeout(giveUpTheLate, Math.ceil(begun.deadline - now)).unref();
      return;
    }
    waiting.delete(begun);
    begun.giveUp(new StoreUnavailableError('no answer in time'));
  }
}

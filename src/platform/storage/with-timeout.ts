import { StoreUnavailableError } from './store-unavailable.error';

/** How long a store may take to answer: a request that waits for it must still get its 503 in reasonable time. */
export const storeTimeoutMs = 5_000;

interface Waiting {
  readonly deadline: number;
  readonly giveUp: (error: StoreUnavailableError) => void;
  before: Waiting | undefined;
  after: Waiting | undefined;
}

// In the order of their deadlines. Not a Set: V8 keeps what a Set's outgrown tables hold until the next full collection, so
// that each result would move to the old generation.
let first: Waiting | undefined;
let last: Waiting | undefined;
let timer: NodeJS.Timeout | undefined;

/**
 * The result of a database operation.
 * Throws: {@link StoreUnavailableError} when it takes longer than {@link storeTimeoutMs}; it may still take effect later.
 */
export function withTimeout<Result>(operation: PromiseLike<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const begun: Waiting = {
      deadline: performance.now() + storeTimeoutMs,
      giveUp: reject,
      before: last,
      after: undefined,
    };
    if (last === undefined) first = begun;
    else last.after = begun;
    last = begun;
    // One timer for all that wait, because a timer of its own costs each operation more than its bookkeeping.
    timer ??= setTimeout(giveUpTheLate, storeTimeoutMs).unref();
    operation.then(
      (result) => {
        remove(begun);
        resolve(result);
      },
      (error: unknown) => {
        remove(begun);
        reject(error);
      },
    );
  });
}

function remove(begun: Waiting): void {
  const { before, after } = begun;
  if (before === undefined && first !== begun) return;
  if (before === undefined) first = after;
  else before.after = after;
  if (after === undefined) last = before;
  else after.before = before;
  begun.before = begun.after = undefined;
}

function giveUpTheLate(): void {
  timer = undefined;
  const now = performance.now();
  for (let begun = first; begun !== undefined; begun = first) {
    if (begun.deadline > now) {
      timer = setTimeout(giveUpTheLate, Math.ceil(begun.deadline - now)).unref();
      return;
    }
    remove(begun);
    begun.giveUp(new StoreUnavailableError('no answer in time'));
  }
}

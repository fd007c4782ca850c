import { StoreUnavailableError } from './store-unavailable.error';

/** How long a store may take to answer: a request that waits for it must still get its 503 in reasonable time. */
export const storeTimeoutMs = 5_000;

/**
 * The result of a database operation.
 * Throws: {@link StoreUnavailableError} when it takes longer than {@link storeTimeoutMs}; it may still take effect later.
 */
export async function inTime<Result>(operation: PromiseLike<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new StoreUnavailableError('no answer in time')), storeTimeoutMs);
  });
  try {
    return await Promise.race([operation, late]);
  } finally {
    clearTimeout(timer);
  }
}

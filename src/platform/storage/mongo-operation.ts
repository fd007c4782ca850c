import { setTimeout as delay } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { withTimeout } from './with-timeout';
import { StoreUnavailableError } from './store-unavailable.error';

/**
 * Runs a database operation. Throws: {@link StoreUnavailableError} for any driver error but a duplicate key, which is rethrown,
 * and when it does not answer in time.
 */
export async function withStoreErrors<Result>(operation: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await withTimeout(operation());
  } catch (error) {
    if (error instanceof StoreUnavailableError || isDuplicateKey(error)) throw error;
    throw new StoreUnavailableError(error);
  }
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === 11_000;
}

/** Which of several writes failed; empty when all did. */
export function writeErrorsOf(error: unknown): readonly mongo.WriteError[] {
  const cause = error instanceof StoreUnavailableError ? error.cause : error;
  return cause instanceof mongo.MongoBulkWriteError ? [cause.writeErrors].flat() : [];
}

/** Attempts at a write that conflicts with concurrent ones, and the longest random pause before each further one, in milliseconds. */
export const writeAttempts = 8;
export const longestPauseMs = 20;
/** MongoDB's code; a PostgreSQL behind the protocol reports a deadlock instead. */
const writeConflict = 112;
const deadlock = /deadlock detected/;

/** As {@link withStoreErrors}, for a write that the server may abort for a concurrent one: retried, because nothing was written. */
export async function retryingConflicts<Result>(operation: () => PromiseLike<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withStoreErrors(operation);
    } catch (error) {
      if (attempt === writeAttempts || !isGivenUp(error)) throw error;
      await delay(Math.random() * longestPauseMs);
    }
  }
}

function isGivenUp(error: unknown): boolean {
  const cause = error instanceof StoreUnavailableError ? error.cause : undefined;
  return cause instanceof mongo.MongoServerError && (cause.code === writeConflict || deadlock.test(cause.message));
}

/** Whether one write of several failed for a concurrent one, which inserted or changed the record. */
export function isWriteConflict({ code, errmsg }: mongo.WriteError): boolean {
  return code === 11_000 || code === writeConflict || deadlock.test(errmsg ?? '');
}

/**
 * As {@link withStoreErrors}, for an upsert: of two concurrent ones, one may fail with a duplicate key, and then finds the record to
 * replace.
 */
export async function retryingUpsert<Result>(operation: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await withStoreErrors(operation);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return withStoreErrors(operation);
  }
}

/**
 * Changes the existing record or inserts it; returns the result. For changes that depend on the stored value: with concurrent
 * upserts, some engines of the wire protocol insert more than once (observed: DocumentDB).
 */
export async function changedOrInserted<Result>(
  change: () => PromiseLike<Result | null>,
  insert: () => PromiseLike<Result>,
): Promise<Result> {
  const changed = await withStoreErrors(change);
  if (changed !== null) return changed;
  try {
    return await withStoreErrors(insert);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const beaten = await withStoreErrors(change);
    if (beaten === null) throw new StoreUnavailableError('the record came and went');
    return beaten;
  }
}

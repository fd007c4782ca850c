import { setTimeout as delay } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { inTime } from './in-time';
import { StoreUnavailableError } from './store-unavailable.error';

/**
 * Runs a database operation.
 * Throws: {@link StoreUnavailableError} for whatever the driver rejects with, and when it does not answer in time, but a
 * duplicate key as it is.
 */
export async function answered<Result>(operation: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await inTime(operation());
  } catch (error) {
    if (error instanceof StoreUnavailableError || isDuplicateKey(error)) throw error;
    throw new StoreUnavailableError(error);
  }
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === 11_000;
}

/** How often a write is tried that loses against others of its moment, and how long it waits before each further attempt. */
export const writeAttempts = 8;
export const longestPauseMs = 20;
/** Of MongoDB; and what a PostgreSQL behind the protocol says where it ends one of two that wait for each other. */
const writeConflict = 112;
const deadlock = /deadlock detected/;

/** As {@link answered}, for a write that the server may give up for another one's sake, with nothing of it done: then once more. */
export async function answeredInTurn<Result>(operation: () => PromiseLike<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await answered(operation);
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

/** Whether one write of several was not done because another one of its moment was: it began the record, or went on with it. */
export function isForAnothersSake({ code, errmsg }: mongo.WriteError): boolean {
  return code === 11_000 || code === writeConflict || deadlock.test(errmsg ?? '');
}

/** As {@link answered}, for an upsert: of two at once one may lose with a duplicate key; by then the record is there to replace. */
export async function upserted<Result>(operation: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await answered(operation);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return answered(operation);
  }
}

/**
 * Changes the record that is there, or else inserts it; returns what either returned. For changes that build on what is
 * stored: of several upserts at once some engines of the wire protocol let more than one insert (observed: DocumentDB).
 */
export async function changedOrInserted<Result>(
  change: () => PromiseLike<Result | null>,
  insert: () => PromiseLike<Result>,
): Promise<Result> {
  const changed = await answered(change);
  if (changed !== null) return changed;
  try {
    return await answered(insert);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const beaten = await answered(change);
    if (beaten === null) throw new StoreUnavailableError('the record came and went');
    return beaten;
  }
}

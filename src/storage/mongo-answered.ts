import { mongo } from 'mongoose';
import { StoreUnavailableError } from './store-unavailable.error';

/**
 * Runs a database operation.
 * Throws: {@link StoreUnavailableError} for whatever the driver rejects with, but a duplicate key as it is.
 */
export async function answered<Result>(operation: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (error) {
    throw isDuplicateKey(error) ? error : new StoreUnavailableError(error);
  }
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === 11_000;
}

/** As {@link answered}, for an upsert: of two at once one may lose with a duplicate key; by then the record is there to update. */
export async function upserted<Result>(operation: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await answered(operation);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return answered(operation);
  }
}

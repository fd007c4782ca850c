import { describe, expect, it } from '@jest/globals';
import { mongo } from 'mongoose';
import { retryingConflicts } from './mongo-operation';
import { StoreUnavailableError } from './store-unavailable.error';

const failure = (code: number, message: string) => new mongo.MongoServerError({ code, message });

/** Fails with each of these errors in turn, then succeeds; counts its attempts. */
function operation(failures: readonly Error[]) {
  const left = [...failures];
  const counted = { attempts: 0 };
  const run = async () => {
    counted.attempts += 1;
    const next = left.shift();
    if (next !== undefined) throw next;
    return 'done';
  };
  return { run, counted };
}

describe('a write that the server may give up', () => {
  it.each([
    ['a write conflict', failure(112, 'WriteConflict')],
    ['a deadlock', failure(16_908_292, 'deadlock detected')],
  ])('given %s twice, when it is tried again, then it is done', async (_which, error) => {
    const { run, counted } = operation([error, error]);

    expect(await retryingConflicts(run)).toBe('done');
    expect(counted.attempts).toBe(3);
  });

  it('given nothing but write conflicts, when it has been tried eight times, then the store is not available', async () => {
    const { run, counted } = operation(Array.from({ length: 20 }, () => failure(112, 'WriteConflict')));

    await expect(retryingConflicts(run)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(counted.attempts).toBe(8);
  });

  it.each([
    ['a duplicate key', failure(11_000, 'E11000 duplicate key error'), mongo.MongoServerError],
    ['a write that may have taken effect', failure(91, 'ShutdownInProgress'), StoreUnavailableError],
  ])('given %s, when it fails, then it is not retried', async (_which, error, thrown) => {
    const { run, counted } = operation([error]);

    await expect(retryingConflicts(run)).rejects.toBeInstanceOf(thrown);
    expect(counted.attempts).toBe(1);
  });
});

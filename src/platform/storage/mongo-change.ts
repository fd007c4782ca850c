import { randomUUID } from 'node:crypto';
import type { mongo } from 'mongoose';
import { answered } from './mongo-answered';
import { StoreUnavailableError } from './store-unavailable.error';

const attempts = 10;

/** A record that is read, changed and written back; each write gives it another revision. */
export interface Revised {
  _id: string;
  revision: string;
}

/** The revision of a record that is being written. */
export function newRevision(): { revision: string } {
  return { revision: randomUUID() };
}

/**
 * Puts what `change` makes of the record in its place, unless another process has changed it since it was read: then once
 * more. Returns the new record, or undefined when there is none. Throws: what `change` throws, a duplicate key of an
 * index, and {@link StoreUnavailableError}.
 */
export async function changedInPlace<Stored extends Revised>(
  collection: mongo.Collection<Stored>,
  predicate: mongo.Filter<Stored>,
  change: (record: Stored) => Omit<Stored, '_id' | 'revision'>,
): Promise<Stored | undefined> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const found = await answered(() => collection.findOne(predicate));
    if (found === null) return undefined;
    const record = found as unknown as Stored;
    const changed = { ...change(record), ...newRevision() } as unknown as mongo.WithoutId<Stored>;
    const unchanged = { _id: { $eq: record._id }, revision: { $eq: record.revision } };
    const { matchedCount } = await answered(() =>
      collection.replaceOne(unchanged as unknown as mongo.Filter<Stored>, changed, { ignoreUndefined: true }),
    );
    if (matchedCount === 1) return { ...changed, _id: record._id } as unknown as Stored;
  }
  throw new StoreUnavailableError('the record is changed by others again and again');
}

import type { mongo } from 'mongoose';
import { assertOwn, type Environment, markedTables, markOf, type StoreMark } from './environment';
import { withStoreErrors, isDuplicateKey } from './mongo-operation';

export type MarkRecord = StoreMark & { readonly _id: string };

/** Id of the mark in `meta`. */
export const markId = 'environment';

/**
 * Marks a new store with this environment and form; of several concurrent first starts one decides. Throws: OtherStoreError,
 * with nothing written; StoreUnavailableError.
 */
export async function claimMongoEnvironment(db: mongo.Db, claimant: Environment): Promise<void> {
  const meta = db.collection<MarkRecord>('meta');
  let mark = await markIn(meta);
  if (mark === undefined && (await holdsRecords(db))) {
    // Once more: a concurrent first start may have marked the store and gone on to its records.
    mark = await markIn(meta);
    assertOwn(mark, claimant);
  }
  assertOwn(mark ?? (await marked(meta, claimant)), claimant);
}

/** The existing mark, or the claimant's after writing it. */
async function marked(meta: mongo.Collection<MarkRecord>, claimant: Environment): Promise<StoreMark | undefined> {
  try {
    await withStoreErrors(() => meta.insertOne({ _id: markId, ...markOf(claimant) }));
    return markOf(claimant);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return markIn(meta);
  }
}

async function markIn(meta: mongo.Collection<MarkRecord>): Promise<StoreMark | undefined> {
  return (await withStoreErrors(() => meta.findOne({ _id: markId }))) ?? undefined;
}

async function holdsRecords(db: mongo.Db): Promise<boolean> {
  const first = (name: string) => withStoreErrors(() => db.collection(name).findOne({}, { projection: { _id: 1 } }));
  return (await Promise.all(markedTables.map(first))).some((record) => record !== null);
}

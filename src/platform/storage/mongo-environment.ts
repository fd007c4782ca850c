import type { mongo } from 'mongoose';
import { assertOwn, type Environment, markedTables, markOf, type StoreMark } from './environment';
import { answered, isDuplicateKey } from './mongo-answered';

export type MarkRecord = StoreMark & { readonly _id: string };

/** The id of the mark in `meta`. */
export const markId = 'environment';

/**
 * Makes the store one of this environment and form, if it is of none yet; of several first starts at once, one decides.
 * Throws: OtherStoreError, with nothing written; StoreUnavailableError.
 */
export async function claimMongoEnvironment(db: mongo.Db, claimant: Environment): Promise<void> {
  const meta = db.collection<MarkRecord>('meta');
  let mark = await markIn(meta);
  if (mark === undefined && (await holdsRecords(db))) {
    // Again: another first start may have marked it since, and gone on to its records.
    mark = await markIn(meta);
    assertOwn(mark, claimant);
  }
  assertOwn(mark ?? (await marked(meta, claimant)), claimant);
}

/** The mark that is there, or that of the claimant, which is then. */
async function marked(meta: mongo.Collection<MarkRecord>, claimant: Environment): Promise<StoreMark | undefined> {
  try {
    await answered(() => meta.insertOne({ _id: markId, ...markOf(claimant) }));
    return markOf(claimant);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return markIn(meta);
  }
}

async function markIn(meta: mongo.Collection<MarkRecord>): Promise<StoreMark | undefined> {
  return (await answered(() => meta.findOne({ _id: markId }))) ?? undefined;
}

async function holdsRecords(db: mongo.Db): Promise<boolean> {
  const first = (name: string) => answered(() => db.collection(name).findOne({}, { projection: { _id: 1 } }));
  return (await Promise.all(markedTables.map(first))).some((record) => record !== null);
}

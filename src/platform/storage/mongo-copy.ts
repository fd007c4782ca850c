import { createReadStream, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createConnection, mongo } from 'mongoose';
import { assertOwn, type Environment, type StoreMark } from './environment';
import { withStoreErrors } from './mongo-operation';
import { mongoOptions, refusalOf } from './mongo-database';
import { claimMongoEnvironment, markId } from './mongo-environment';
import { StoreUnavailableError } from './store-unavailable.error';

const { EJSON } = mongo.BSON;
const batchSize = 500;
const extension = '.jsonl';

/** The target of a restore contains records. */
export class StoreNotEmptyError extends Error {
  constructor() {
    super('the database is not empty');
  }
}

/** What is copied of a collection: these records, or those that match. */
export type CopiedPart = { readonly records: readonly mongo.Document[] } | { readonly filter: mongo.Document };

/** By collection; all of those that it does not name. */
export type CopiedParts = ReadonlyMap<string, CopiedPart>;

/**
 * Copies every record of a store of this environment into a new `directory`: one file for a collection, one line of canonical
 * Extended JSON for a record; `partsOf` says which records of some, which are copied first. The directory gets its name when it
 * is complete; the store may be written meanwhile. Throws: ConfigError for a store of the other environment or form,
 * {@link StoreNotEmptyError}, {@link StoreUnavailableError}, and file system errors.
 */
export async function copyMongo(
  uri: string,
  environment: Environment,
  directory: string,
  partsOf: (db: mongo.Db) => Promise<CopiedParts>,
): Promise<void> {
  await withDatabase(uri, async (db) => {
    await claimMongoEnvironment(db, environment);
    const unfinished = `${directory}.unfinished`;
    mkdirSync(unfinished, { recursive: true, mode: 0o700 });
    const parts = await partsOf(db);
    const names = (await collectionsOf(db)).toSorted((a, b) => Number(parts.has(b)) - Number(parts.has(a)));
    for (const name of names) {
      const part = parts.get(name) ?? { filter: {} };
      const batches = 'records' in part ? [part.records] : batchesOf(db.collection(name), part.filter);
      const file = await open(join(unfinished, `${encodeURIComponent(name)}${extension}`), 'w', 0o600);
      for await (const batch of batches) {
        await file.appendFile(batch.map((record) => `${EJSON.stringify(record, { relaxed: false })}\n`).join(''));
      }
      await file.sync();
      await file.close();
    }
    renameSync(unfinished, directory);
  });
}

/**
 * Restores a copy by {@link copyMongo} into a database without records; the next start creates the indexes. Throws: ConfigError
 * for a copy of the other environment or form, {@link StoreNotEmptyError}, and as {@link copyMongo}.
 */
export async function restoreMongo(uri: string, environment: Environment, directory: string): Promise<void> {
  const files = readdirSync(directory).filter((file) => file.endsWith(extension));
  await withDatabase(uri, async (db) => {
    assertOwn(await markOfCopy(directory), environment);
    for (const name of await collectionsOf(db)) {
      if ((await withStoreErrors(() => db.collection(name).findOne())) !== null) throw new StoreNotEmptyError();
    }
    for (const file of files) {
      const collection = db.collection<Stored>(decodeURIComponent(file.slice(0, -extension.length)));
      for await (const records of batchesIn(join(directory, file))) {
        await withStoreErrors(() => collection.insertMany([...records]));
      }
    }
  });
}

type Stored = mongo.Document & { readonly _id: string };

async function withDatabase(uri: string, work: (db: mongo.Db) => Promise<void>): Promise<void> {
  const connection = createConnection();
  try {
    const { db } = await withStoreErrors(() => connection.openUri(uri, mongoOptions));
    if (db !== undefined) await work(db);
  } catch (error) {
    throw refusalOf(error instanceof StoreUnavailableError ? error.cause : error, uri) ?? error;
  } finally {
    await connection.close();
  }
}

async function markOfCopy(directory: string): Promise<StoreMark | undefined> {
  for await (const records of batchesIn(join(directory, `meta${extension}`))) {
    const mark = records.find(({ _id }) => _id === markId);
    if (mark === undefined) continue;
    // Canonical Extended JSON returns a number as a BSON type.
    return { name: mark['name'], ...('form' in mark && { form: Number(mark['form']) }) };
  }
  return undefined;
}

async function collectionsOf(db: mongo.Db): Promise<string[]> {
  const collections = await withStoreErrors(() => db.listCollections({}, { nameOnly: true }).toArray());
  return collections.map(({ name }) => name).filter((name) => !name.startsWith('system.'));
}

async function* batchesOf(
  collection: mongo.Collection,
  filter: mongo.Document,
): AsyncGenerator<readonly mongo.Document[]> {
  for (let last: unknown; ;) {
    const next = last === undefined ? filter : { ...filter, _id: { $gt: last } };
    const options = { sort: { _id: 1 }, limit: batchSize, batchSize } as const;
    const batch = await withStoreErrors(() => collection.find(next as mongo.Filter<mongo.Document>, options).toArray());
    yield batch;
    if (batch.length < batchSize) return;
    last = batch.at(-1)?._id;
  }
}

async function* batchesIn(file: string): AsyncGenerator<readonly Stored[]> {
  let batch: Stored[] = [];
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    batch.push(EJSON.parse(line, { relaxed: false }) as Stored);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

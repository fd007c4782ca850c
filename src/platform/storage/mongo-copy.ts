import { createReadStream, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createConnection, mongo } from 'mongoose';
import { assertOwn, type Environment, type StoreMark } from './environment';
import { answered } from './mongo-answered';
import { mongoOptions, refusalOf } from './mongo-database';
import { claimMongoEnvironment, markId } from './mongo-environment';
import { StoreUnavailableError } from './store-unavailable.error';

const { EJSON } = mongo.BSON;
const batchSize = 500;
const extension = '.jsonl';

/** A database that is to be restored into, and holds records. */
export class StoreNotEmptyError extends Error {
  constructor() {
    super('the database holds records already');
  }
}

/**
 * Copies every record of a store of this environment into `directory`, which must not be there yet: a file a collection, a
 * line of canonical Extended JSON a record. It has its name when it is complete; the store may be written meanwhile.
 * Throws: ConfigError for a store of the other environment or of another form, {@link StoreUnavailableError}, and what the file system says.
 */
export async function copyMongo(uri: string, environment: Environment, directory: string): Promise<void> {
  await withDatabase(uri, async (db) => {
    await claimMongoEnvironment(db, environment);
    const unfinished = `${directory}.unfinished`;
    mkdirSync(unfinished, { recursive: true, mode: 0o700 });
    for (const name of await collectionsOf(db)) {
      const file = await open(join(unfinished, `${encodeURIComponent(name)}${extension}`), 'w', 0o600);
      for await (const batch of batchesOf(db.collection(name))) {
        await file.appendFile(batch.map((record) => `${EJSON.stringify(record, { relaxed: false })}\n`).join(''));
      }
      await file.sync();
      await file.close();
    }
    renameSync(unfinished, directory);
  });
}

/**
 * Puts what {@link copyMongo} made into a database without records; its indexes are made by the next start.
 * Throws: ConfigError for a copy of the other environment or of another form, {@link StoreNotEmptyError}, and as {@link copyMongo}.
 */
export async function restoreMongo(uri: string, environment: Environment, directory: string): Promise<void> {
  const files = readdirSync(directory).filter((file) => file.endsWith(extension));
  await withDatabase(uri, async (db) => {
    assertOwn(await markOfCopy(directory), environment);
    for (const name of await collectionsOf(db)) {
      if ((await answered(() => db.collection(name).findOne())) !== null) throw new StoreNotEmptyError();
    }
    for (const file of files) {
      const collection = db.collection<Stored>(decodeURIComponent(file.slice(0, -extension.length)));
      for await (const records of batchesIn(join(directory, file))) {
        await answered(() => collection.insertMany([...records]));
      }
    }
  });
}

type Stored = mongo.Document & { readonly _id: string };

async function withDatabase(uri: string, work: (db: mongo.Db) => Promise<void>): Promise<void> {
  const connection = createConnection();
  try {
    const { db } = await answered(() => connection.openUri(uri, mongoOptions));
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
    // Canonical Extended JSON gives a number back as one of BSON's.
    return { name: mark['name'], ...('form' in mark && { form: Number(mark['form']) }) };
  }
  return undefined;
}

async function collectionsOf(db: mongo.Db): Promise<string[]> {
  const collections = await answered(() => db.listCollections({}, { nameOnly: true }).toArray());
  return collections.map(({ name }) => name).filter((name) => !name.startsWith('system.'));
}

async function* batchesOf(collection: mongo.Collection): AsyncGenerator<readonly mongo.Document[]> {
  for (let last: unknown; ;) {
    const next = last === undefined ? {} : { _id: { $gt: last } };
    const options = { sort: { _id: 1 }, limit: batchSize, batchSize } as const;
    const batch = await answered(() => collection.find(next as mongo.Filter<mongo.Document>, options).toArray());
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

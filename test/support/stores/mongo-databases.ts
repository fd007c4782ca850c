import { readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection, type mongo } from 'mongoose';
import { newId } from '../../../src/domain/credentials/secret';
import { mongoModels } from '../../../src/mongo-storage';

/**
 * Databases that suites of this run have left, empty and with the indexes that a service makes: to make those takes the
 * server longer than all else of a start takes together, so later suites get them, emptied twice. One file each, named by
 * when it was left and the database's name.
 */
const folder = process.env['TEST_DATABASES'];
/** What was sent and not answered in time may still be written; after this it is. */
const writtenWithinMs = 10_000;
const emptied = '.emptied';
/** Of mongoose, whose driver says so of an index that has no such thing. */
const optionsOfIndexes = ['unique', 'sparse', 'expireAfterSeconds', 'partialFilterExpression'] as const;

type Index = readonly [keys: object, options: object];

/** The name of a database that is empty: one that another suite has left (the one that was left first), or a new one. */
export function emptyDatabase(): string {
  for (const left of leftDatabases()) if (!left.endsWith(emptied) && isTaken(left)) return nameOf(left);
  return newDatabase();
}

/** Of one that was used before, a server may for a while tell figures of then. */
export function newDatabase(): string {
  return `tessera_test_${newId().replace(/\W/g, '_').toLowerCase()}`;
}

/** Empties the database for another suite, or drops it where it holds anything but the collections of a service. */
export async function leaveDatabase(uri: string): Promise<void> {
  const connection = await createConnection(uri).asPromise();
  const { db } = connection;
  if (folder !== undefined && db !== undefined && (await isOfService(db))) {
    await empty(db);
    writeFileSync(join(folder, `${Date.now()}.${connection.name}${emptied}`), '');
    for (const left of leftDatabases()) {
      const isOver = Number.parseInt(left, 10) < Date.now() - writtenWithinMs;
      if (!left.endsWith(emptied) || !isOver || !isTaken(left)) continue;
      const again = connection.useDb(nameOf(left)).db;
      if (again !== undefined) await empty(again);
      writeFileSync(join(folder, `${Date.now()}.${nameOf(left)}`), '');
    }
  } else {
    await connection.dropDatabase();
  }
  await connection.close();
}

async function empty(db: mongo.Db): Promise<void> {
  const collections = await db.collections();
  await Promise.all(collections.map((collection) => collection.deleteMany({})));
}

/** What was left first comes first. */
function leftDatabases(): string[] {
  return folder === undefined ? [] : readdirSync(folder).toSorted();
}

/** Of all that try, one takes it. */
function isTaken(left: string): boolean {
  try {
    unlinkSync(join(folder ?? '', left));
    return true;
  } catch {
    return false;
  }
}

/** Whether each collection is one of the service's, and has the indexes that the service gives it, and no more. */
async function isOfService(db: mongo.Db): Promise<boolean> {
  const expected = new Map<string, readonly Index[]>([['meta', []]]);
  for (const { schema } of mongoModels) expected.set(String(schema.get('collection')), schema.indexes());
  const checked = (await db.collections()).map(async (collection) => {
    const own = expected.get(collection.collectionName);
    const indexes = await collection.indexes();
    const found = indexes.filter(({ name }) => name !== '_id_').map((index): Index => [index.key, index]);
    return own !== undefined && sorted(own) === sorted(found);
  });
  return (await Promise.all(checked)).every(Boolean);
}

function sorted(indexes: readonly Index[]): string {
  const described = indexes.map(([keys, options]) =>
    JSON.stringify([keys, optionsOfIndexes.map((name) => (options as Partial<Record<string, unknown>>)[name] ?? null)]),
  );
  return JSON.stringify(described.toSorted());
}

/** Drops all that were left. */
export async function dropDatabases(): Promise<void> {
  const left = leftDatabases();
  if (left.length === 0) return;
  const connection = await createConnection(process.env['TEST_MONGODB_URI'] ?? '').asPromise();
  await Promise.all(left.map((each) => connection.useDb(nameOf(each)).dropDatabase()));
  await connection.close();
}

function nameOf(left: string): string {
  return left.slice(left.indexOf('.') + 1).replace(emptied, '');
}

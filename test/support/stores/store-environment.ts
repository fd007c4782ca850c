import { createConnection } from 'mongoose';
import { type Environment, markOf, type StoreMark } from '../../../src/platform/storage/environment';
import { LmdbDatabase } from '../../../src/platform/storage/lmdb-database';
import type { StoreName, TestStore } from './stores';

type Store = Pick<TestStore, 'env'>;

/** Lets the store remember this environment. */
export async function rememberEnvironment(name: StoreName, store: Store, environment: Environment): Promise<void> {
  await rememberMark(name, store, markOf(environment));
}

/** Lets the store remember this mark. */
export async function rememberMark(name: StoreName, store: Store, mark: StoreMark): Promise<void> {
  await putRecord(name, store, { table: 'meta', id: 'environment', value: mark });
}

/** Puts a record into the store as it is, and does not mark the store. */
export async function putRecord(
  name: StoreName,
  { env }: Store,
  { table, id, value }: { readonly table: string; readonly id: string; readonly value: object },
): Promise<void> {
  if (name === 'lmdb') {
    const database = new LmdbDatabase(env['DATA_DIR'] ?? '', Date.now);
    const records = database.tableNamed(table);
    await database.write(() => records.put(id, value));
    await database.close();
    return;
  }
  const connection = await createConnection(env['MONGODB_URI'] ?? '').asPromise();
  await connection.collection<{ _id: string }>(table).replaceOne({ _id: id }, value, { upsert: true });
  await connection.close();
}

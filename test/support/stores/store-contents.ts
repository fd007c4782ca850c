import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mongoose';
import type { StoreName, TestStore } from './stores';

/** Everything that is in the store, down to empty tables and indexes: whatever writes into it changes this. */
export async function contentsOf(name: StoreName, { env }: Pick<TestStore, 'env'>): Promise<string> {
  if (name === 'lmdb') return createHash('sha256').update(dataFileOf(env)).digest('hex');
  const connection = await createConnection(env['MONGODB_URI'] ?? '').asPromise();
  const collections = (await connection.listCollections()).map((collection) => collection.name).toSorted();
  const contents = await Promise.all(
    collections.map(async (collection) => ({
      collection,
      indexes: await connection.collection(collection).indexes(),
      records: await connection.collection(collection).find({}, { batchSize: 10_000 }).sort({ _id: 1 }).toArray(),
    })),
  );
  await connection.close();
  return JSON.stringify(contents);
}

/** The bytes of the embedded store, those among them that were freed. */
export function dataFileOf(env: TestStore['env']): Buffer {
  return readFileSync(join(env['DATA_DIR'] ?? '', 'lmdb/data.mdb'));
}

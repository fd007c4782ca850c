import { createConnection } from 'mongoose';
import type { Environment } from '../../src/platform/storage/environment';
import { LmdbDatabase } from '../../src/platform/storage/lmdb-database';
import type { StoreName, TestStore } from './stores';

/** Lets the store remember this environment, or none, as a store from before does. */
export async function rememberEnvironment(
  name: StoreName,
  { env }: Pick<TestStore, 'env'>,
  environment: Environment | undefined,
): Promise<void> {
  if (name === 'lmdb') {
    const database = new LmdbDatabase(env['DATA_DIR'] ?? '', Date.now);
    const meta = database.table<{ name: Environment }>('meta');
    await database.write(() => {
      if (environment === undefined) meta.remove('environment');
      else meta.put('environment', { name: environment });
    });
    await database.close();
    return;
  }
  const connection = await createConnection(env['MONGODB_URI'] ?? '').asPromise();
  const meta = connection.collection<{ _id: string; name: Environment }>('meta');
  const filter = { _id: 'environment' };
  if (environment === undefined) await meta.deleteOne(filter);
  else await meta.replaceOne(filter, { name: environment }, { upsert: true });
  await connection.close();
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyDatabase, leaveDatabase, newDatabase } from './mongo-databases';

export type StoreName = 'lmdb' | 'mongodb';

const { TEST_MONGODB_URI: server, TEST_STORES: chosen } = process.env;

/** The stores of a suite about what stores guarantee: the embedded one, and MongoDB where `TEST_MONGODB_URI` names a server. */
export const bothStores: readonly StoreName[] =
  chosen === 'mongodb' ? ['mongodb'] : ['lmdb', ...(server === undefined ? [] : (['mongodb'] as const))];

/** The store of all other suites: the embedded one; `TEST_STORES=both` runs them on both, `mongodb` on that alone. */
export const storesUnderTest: readonly StoreName[] = chosen === undefined ? ['lmdb'] : bothStores;

export interface TestStore {
  /** The settings that select this store. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** An empty store of its own: a temporary directory, or a database; with `unused` one that no suite has had before. */
export function emptyStore(name: StoreName, { unused = false } = {}): TestStore {
  if (name === 'lmdb') {
    const directory = mkdtempSync(join(tmpdir(), 'tessera-test-'));
    return {
      env: { DATA_DIR: directory },
      remove: async () => rmSync(directory, { recursive: true, force: true }),
    };
  }
  const uri = mongoUri(unused ? newDatabase() : emptyDatabase());
  return { env: { MONGODB_URI: uri }, remove: () => leaveDatabase(uri) };
}

/** The server under test, with the database in the path. */
export function mongoUri(database: string): string {
  const uri = new URL(process.env['TEST_MONGODB_URI'] ?? '');
  uri.pathname = `/${database}`;
  return uri.href;
}

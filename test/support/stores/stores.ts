import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyDatabase, leaveDatabase, newDatabase } from './mongo-databases';

export type StoreName = 'lmdb' | 'mongodb';

/**
 * The stores that this run tests: the embedded one, and MongoDB where `TEST_MONGODB_URI` names a server; with
 * `TEST_STORES=mongodb` that alone.
 */
export const storesUnderTest: readonly StoreName[] =
  process.env['TEST_STORES'] === 'mongodb'
    ? ['mongodb']
    : ['lmdb', ...(process.env['TEST_MONGODB_URI'] === undefined ? [] : (['mongodb'] as const))];

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

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '../../src/credentials/secret';

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

/** An empty store of its own: a temporary directory, or a database with a fresh name. */
export function emptyStore(name: StoreName): TestStore {
  if (name === 'lmdb') {
    const directory = mkdtempSync(join(tmpdir(), 'tessera-test-'));
    return {
      env: { DATA_DIR: directory },
      remove: async () => rmSync(directory, { recursive: true, force: true }),
    };
  }
  const uri = mongoUri(`tessera_test_${newId().replace(/\W/g, '_').toLowerCase()}`);
  return {
    env: { MONGODB_URI: uri },
    remove: async () => {
      const { createConnection } = await import('mongoose');
      const connection = await createConnection(uri).asPromise();
      await connection.dropDatabase();
      await connection.close();
    },
  };
}

/** The server under test, with the database in the path. */
export function mongoUri(database: string): string {
  const uri = new URL(process.env['TEST_MONGODB_URI'] ?? '');
  uri.pathname = `/${database}`;
  return uri.href;
}

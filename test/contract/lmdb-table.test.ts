import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LmdbDatabase } from '../../src/platform/storage/lmdb-database';
import type { LmdbTable } from '../../src/platform/storage/lmdb-table';

interface Named {
  readonly names: readonly string[];
  readonly content?: unknown;
  readonly expiresAt?: number;
}

/** Longer than any integer of MessagePack. */
const unencodable = 2n ** 70n;

describe('a table of the embedded store', () => {
  let directory: string;
  let database: LmdbDatabase;
  let table: LmdbTable<Named>;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tessera-test-'));
    database = new LmdbDatabase(directory, Date.now);
    table = database.table<Named>('named', ({ names }) => names);
  });
  afterEach(async () => {
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const put = (key: string, value: Named) => database.write(() => table.put(key, value));
  const found = () => ({
    entries: table.entriesFresh(),
    names: table.indexedFresh('', 10).map(({ name, key }) => `${name} of ${key}`),
  });

  it('given a record that cannot be encoded, when it is new, then nothing of it is there: no record, no name, no expiry', async () => {
    await expect(put('key', { names: ['a'], content: unencodable, expiresAt: 1 })).rejects.toThrow();
    await put('key', { names: ['b'], expiresAt: 3_000 });

    const swept = await database.sweep(2_000);

    expect(found()).toEqual({
      entries: [{ key: 'key', value: { names: ['b'], expiresAt: 3_000 } }],
      names: ['b of key'],
    });
    expect([swept, table.isIndexedFresh('a')]).toEqual([0, false]);
  });

  it('given a record that is there, when one that cannot be encoded would take its place, then it is as before, with its names', async () => {
    await put('key', { names: ['a', 'b'] });

    await expect(put('key', { names: ['b', 'c'], content: unencodable })).rejects.toThrow();

    expect(found()).toEqual({
      entries: [{ key: 'key', value: { names: ['a', 'b'] } }],
      names: ['a of key', 'b of key'],
    });
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { LmdbDatabase } from '../../src/platform/storage/lmdb-database';
import { list, optional, record, time } from '../../src/platform/storage/record-schema';
import { fixtureOfEach, standIn } from '../support/run/fixture';
import { newDirectory } from '../support/run/temporary-directory';

const schema = record({
  names: list(z.string()),
  content: optional(z.unknown()),
  expiresAt: optional(time),
});
type Named = z.infer<typeof schema>;

/** Longer than any integer of MessagePack. */
const unencodable = 2n ** 70n;

describe('a table of the embedded store', () => {
  let database: LmdbDatabase;
  // Before its directory goes.
  afterEach(() => database.close());
  const directory = fixtureOfEach(newDirectory);
  beforeEach(() => {
    database = new LmdbDatabase(directory.path, Date.now);
  });
  const table = standIn(() => database.table({ name: 'named', schema, namesOf: ({ names }: Named) => names }));

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

  it('given a record of another form, when the table is read, then it is not there, and the others are', async () => {
    await database.write(() => database.tableNamed('other').put('key', { names: 'no list' } as object));
    const other = database.table({ name: 'other', schema });
    await database.write(() => other.put('later', { names: ['a'] }));

    expect([other.getFresh('key'), other.valuesFresh(), other.entriesFresh(1)]).toEqual([
      undefined,
      [{ names: ['a'] }],
      [{ key: 'later', value: { names: ['a'] } }],
    ]);
  });

  it('given a table that nobody has opened, when it sweeps, then what has expired is gone', async () => {
    await put('key', { names: [], expiresAt: 1_000 });
    await database.close();
    database = new LmdbDatabase(directory.path, Date.now);

    expect(await database.sweep(2_000)).toBe(1);
  });

  it('given a record that no longer expires, when it sweeps, then it stays', async () => {
    await put('key', { names: [], expiresAt: 1_000 });
    await put('key', { names: [] });

    expect([await database.sweep(2_000), table.getFresh('key')]).toEqual([0, { names: [] }]);
  });

  it('given a record that does not fit its schema, when all of its name are removed, then they are, and the removal ends', async () => {
    const counted = record({ id: z.string(), count: z.number() });
    const records = database.records({ name: 'counted', schema: counted, key: 'id', namesOf: () => ['a'] });
    await records.save({ id: '1', count: 'none' as unknown as number });
    await records.save({ id: '2', count: 2 });

    await records.removeNamed('a');

    expect([await records.list(), await records.listNamed('a', 10)]).toEqual([[], []]);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { open } from 'lmdb';
import { LmdbDatabase } from '../../src/platform/storage/lmdb-database';
import { recordShapes } from '../../src/platform/storage/record-shapes';

/** A list of so many, which has grown since. */
const formerShapes = 12;

const ofShape = (shape: readonly string[], content: unknown): object =>
  Object.fromEntries(shape.map((name, place) => [name, place === 0 ? content : place]));

/** As many shapes as a record may bring of its own, none of them in the list. */
const ofNoShape = Array.from({ length: 30 }, (_, place) => ({
  [`own${place}`]: place,
  other: { [`inner${place}`]: 1 },
}));

describe('the shapes of records', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tessera-test-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  async function on(work: (database: LmdbDatabase) => Promise<void>): Promise<void> {
    const database = new LmdbDatabase(directory, Date.now);
    await work(database);
    await database.close();
  }

  it('given none of them twice, when a record is of one, then it has one encoding', () => {
    expect(new Set(recordShapes.map((shape) => shape.join(' '))).size).toBe(recordShapes.length);
  });

  it('given records of every shape and of none, one within the other, when they are read again, then each is what it was', async () => {
    const records = recordShapes.map((shape, place) => ({
      key: `key${place}`,
      value: ofShape(shape, [ofNoShape[place % 30], ofShape(shape, 'within'), ofNoShape[0]]),
    }));
    const plain = recordShapes.map((shape, place) => ({ key: `plain${place}`, value: ofShape(shape, 'plain') }));
    const all = [...records, { key: 'none', value: { ofNoShape } }, ...plain];

    await on(async (database) => {
      const table = database.table<object>('grants');
      await database.write(() => all.forEach(({ key, value }) => table.put(key, value)));

      expect(all.map(({ key }) => table.getFresh(key))).toEqual(all.map(({ value }) => value));
    });

    await on(async (database) => {
      const table = database.table<object>('grants');
      const backwards = all.toReversed();

      expect(backwards.map(({ key }) => table.getFresh(key))).toEqual(backwards.map(({ value }) => value));
    });
  });

  it('given a record of when the list was shorter that brought shapes of its own, when it is read, then those of later ones are read as before', async () => {
    const root = open({ path: join(directory, 'lmdb'), maxDbs: 32 });
    const structures = recordShapes.slice(0, formerShapes).map((shape) => [...shape]);
    const options = { name: 'grants', encoder: { structures, maxSharedStructures: formerShapes } };
    const former = root.openDB<object, string>(options);
    const [first = []] = recordShapes;
    await former.put('former', { ofNoShape, known: ofShape(first, 'former') });
    await root.close();
    const later = recordShapes.map((shape, place) => ({ key: `key${place}`, value: ofShape(shape, 'later') }));

    await on(async (database) => {
      const table = database.table<object>('grants');
      await database.write(() => later.forEach(({ key, value }) => table.put(key, value)));
      for (const { key, value } of later) {
        expect(table.getFresh('former')).toEqual({ ofNoShape, known: ofShape(first, 'former') });
        expect(table.getFresh(key)).toEqual(value);
      }
    });
  });
});

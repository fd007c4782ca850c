import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { LmdbDatabase } from '../../src/platform/storage/lmdb-database';
import { record, time } from '../../src/platform/storage/record-schema';
import { fixtureOfEach } from '../support/run/fixture';
import { newDirectory } from '../support/run/temporary-directory';

const counting = { name: 'counting', schema: record({ count: time }) };

/** What an opener does that read the number of the newest transaction, in LMDB's lock file, `commits` before. */
const settingBack = `
  const { openSync, readSync, writeSync } = require('node:fs');
  const file = openSync(process.argv[1], 'r+');
  const number = Buffer.alloc(8);
  readSync(file, number, 0, 8, 8);
  const newest = number.readBigUInt64LE();
  if (newest < 3n || newest > 99n) throw new Error('This is not the number of the newest transaction: ' + newest);
  number.writeBigUInt64LE(newest - BigInt(process.argv[2]));
  writeSync(file, number, 0, 8, 8);`;

const directory = fixtureOfEach(newDirectory);
const database = fixtureOfEach(() => new LmdbDatabase(directory.path, Date.now));

/** Resolves with the count that it found. */
async function countUp(): Promise<number> {
  const table = database.table(counting);
  return database.write(() => {
    const { count } = table.get('one') ?? { count: 0 };
    table.put('one', { count: count + 1 });
    return count;
  });
}

it.each([1, 2, 3])(
  'given an opener that sets the store back, by commits: %d, then none of them is lost',
  async (commits) => {
    for (let count = 0; count < 5; count += 1) await countUp();

    execFileSync(process.execPath, ['-e', settingBack, join(directory.path, 'lmdb/lock.mdb'), `${commits}`]);
    const found = await Promise.all([countUp(), countUp()]);

    expect([...found, await countUp()]).toEqual([5, 6, 7]);
  },
);

it('given an opener that sets the store back, when a table is made, then it is made on top of the newest commit', async () => {
  await countUp();
  await countUp();

  execFileSync(process.execPath, ['-e', settingBack, join(directory.path, 'lmdb/lock.mdb'), '1']);
  const other = database.table({ ...counting, name: 'other' });
  await database.write(() => other.put('one', { count: 1 }));

  expect(database.table(counting).getFresh('one')).toEqual({ count: 2 });
});

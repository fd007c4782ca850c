import * as z from 'zod';
import { LmdbDatabase } from '../../../src/platform/storage/lmdb-database';
import { record } from '../../../src/platform/storage/record-schema';

/** Writes records until one is refused (or a few were not), and tells how that went and whether any is missing. */
const database = new LmdbDatabase(process.argv[2] ?? '', Date.now);
const table = database.table({ name: 'sample', schema: record({ filling: z.string() }) });
const written: string[] = [];

async function fill(records: number): Promise<void> {
  let rejected = 'nothing';
  for (let count = 0; count < records && rejected === 'nothing'; count += 1) {
    const key = `key-${written.length}`;
    try {
      await database.write(() => table.put(key, { filling: 'x'.repeat(10_000) }));
      written.push(key);
    } catch (error) {
      rejected = error instanceof Error ? error.constructor.name : 'unknown';
    }
  }
  const lost = written.filter((key) => table.getFresh(key) === undefined).length;
  process.send?.({ rejected, lost });
}

process.on('message', (amount) => void fill(amount === 'fill' ? 1_000 : 10));
process.send?.('ready');

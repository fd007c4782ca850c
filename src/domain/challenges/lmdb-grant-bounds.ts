import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import { record } from '../../platform/storage/record-schema';
import { liveGrantsAtMost } from './grant';

/** The process that began the latest grant. */
const writerSchema = record({ process: z.string() });

const latest = 'latest';
const remembered = 10_000;

/**
 * Upper bounds of the live grants of an account, so that a login under the limit need not count them: that costs as much as
 * three writes. They hold as long as no other process has begun a grant, which a record tells.
 */
export class LmdbGrantBounds {
  private readonly process = randomUUID();
  private readonly bounds = new Map<string, number>();
  private readonly writer: LmdbTable<z.infer<typeof writerSchema>>;

  constructor(database: LmdbDatabase) {
    this.writer = database.table({ name: 'grant_writer', schema: writerSchema });
  }

  /**
   * Inside the write transaction that has stored one more grant with this index prefix: false when the limit is surely kept.
   * `count` reads the number, for an account that is new to this process.
   */
  mayExceedLimit(prefix: string, count: () => number): boolean {
    if (this.writer.get(latest)?.process !== this.process) {
      this.bounds.clear();
      this.writer.put(latest, { process: this.process });
    }
    const before = this.bounds.get(prefix);
    const bound = before === undefined ? count() : Math.min(before, liveGrantsAtMost) + 1;
    if (this.bounds.size >= remembered) this.bounds.clear();
    this.bounds.set(prefix, bound);
    return bound > liveGrantsAtMost;
  }

  /** For an account whose bound is too high, because grants have ended: its grants are counted again. */
  forget(prefix: string): void {
    this.bounds.delete(prefix);
  }
}

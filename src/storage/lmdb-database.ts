import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { inTime } from './in-time';
import { type ExpiryKey, type IndexedNames, type IndexKey, LmdbTable, type SharedTables } from './lmdb-table';
import { recordShapes } from './record-shapes';
import { StoreUnavailableError } from './store-unavailable.error';

const defaultSweepIntervalMs = 30_000;
const sweepBatch = 1_000;
const indexBatch = 500;
/** For so long a data file may be gone before anybody notices: to look at each access would cost more than the access. */
const lookEveryMs = 100;

/**
 * The embedded database: one LMDB environment in a directory, shared by all processes that open it.
 * A commit is on the disk before its promise resolves; kill -9 at any moment loses nothing that was answered.
 */
export class LmdbDatabase {
  private readonly root: RootDatabase<unknown, string>;
  private readonly expiry: Database<boolean, ExpiryKey>;
  private readonly shared: SharedTables;
  private readonly tables = new Map<string, unknown>();
  private present = true;
  private readonly watcher: NodeJS.Timeout;
  private readonly sweeper: NodeJS.Timeout;
  private sweeping: Promise<unknown> = Promise.resolve();

  /** `now` in milliseconds since the epoch; a record is swept `keepExpiredMs` after it expired. */
  constructor(
    directory: string,
    now: () => number,
    {
      keepExpiredMs = 0,
      sweepIntervalMs = defaultSweepIntervalMs,
    }: { keepExpiredMs?: number; sweepIntervalMs?: number } = {},
  ) {
    // The directory holds signing keys and records of logins: for its owner alone.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Without eventTurnBatching, because its own promise of a batch is left unhandled when the commit fails (disk full),
    // and that ends the process; transactions of one moment are still committed together.
    this.root = open({
      path: join(directory, 'lmdb'),
      maxDbs: 32,
      overlappingSync: false,
      eventTurnBatching: false,
      // Pages that nobody reads any more are given back, or all that was ever read or written would stay mapped.
      remapChunks: true,
    });
    this.expiry = this.root.openDB<boolean, ExpiryKey>({ name: 'expiry' });
    const index = this.root.openDB<boolean, IndexKey>({ name: 'index' });
    this.shared = { expiry: this.expiry, index, refresh: () => this.refresh() };
    this.watcher = this.watch(join(directory, 'lmdb', 'data.mdb'));
    this.sweeper = setInterval(() => {
      // A sweep that fails is repeated at the next tick; expiry never depends on it.
      this.sweeping = this.sweep(now() - keepExpiredMs).catch(() => 0);
    }, sweepIntervalMs).unref();
  }

  /** Opens a table, with an index by `namesOf` where that is given; not inside {@link write}. */
  table<Value extends object>(name: string, namesOf?: IndexedNames<Value>): LmdbTable<Value> {
    let table = this.tables.get(name) as LmdbTable<Value> | undefined;
    if (table === undefined || namesOf !== undefined) {
      table = new LmdbTable<Value>(name, this.openRecords(name), this.shared, namesOf);
      this.tables.set(name, table);
    }
    return table;
  }

  /**
   * Runs `work` inside a write transaction, which it shares with other writes of the moment; resolves with its result when
   * that is on the disk. What `work` throws is thrown. It must decide before it writes: what it wrote before it threw stays.
   * Throws: {@link StoreUnavailableError} when it cannot be committed, or another process holds the writer for too long.
   */
  async write<Result>(work: () => Result): Promise<Result> {
    this.assertPresent();
    return inTime(this.commit(work));
  }

  /**
   * Indexes the records of a table that was written before it had its index; of one that has it, nothing. Any number of
   * processes may do it at once, and go on reading and writing meanwhile.
   */
  async completeIndex<Value extends object>(table: LmdbTable<Value>): Promise<void> {
    if (table.hasCompleteIndex()) return;
    for (const batch of table.batchesFresh(indexBatch)) {
      await this.write(() => table.indexAgain(batch.map(({ key }) => key)));
    }
    await this.write(() => table.markIndexComplete());
  }

  /** Removes what has expired at `now`, and returns how many records that were. */
  async sweep(now: number): Promise<number> {
    let removed = 0;
    for (;;) {
      this.refresh();
      const expired = [...this.expiry.getKeys({ end: [now, '', ''], limit: sweepBatch })];
      if (expired.length === 0) return removed;
      const entries = expired.map((key) => ({ key, table: this.table(key[1]) }));
      removed += await this.write(() => {
        for (const { key } of entries) this.expiry.removeSync(key);
        return entries.filter(({ key, table }) => table.removeExpired(key[2], now)).length;
      });
    }
  }

  async close(): Promise<void> {
    clearInterval(this.watcher);
    clearInterval(this.sweeper);
    await this.sweeping;
    await this.root.close();
  }

  /** Every process decodes by the same shapes, and none is learnt: what a failed commit had taught would be lost. */
  private openRecords<Value>(name: string): Database<Value, string> {
    const structures = recordShapes.map((shape) => [...shape]);
    const options = { name, encoder: { structures, maxSharedStructures: structures.length } };
    return this.root.openDB(options);
  }

  private async commit<Result>(work: () => Result): Promise<Result> {
    let thrown: unknown;
    const rethrowable = () => {
      try {
        return work();
      } catch (error) {
        thrown = error;
        throw error;
      }
    };
    try {
      return await this.root.transaction(rethrowable);
    } catch (error) {
      throw error === thrown ? error : new StoreUnavailableError(await causeOf(error));
    }
  }

  /** Lets the next read see what every process has committed by now. */
  private refresh(): void {
    this.assertPresent();
    this.root.resetReadTxn();
  }

  private assertPresent(): void {
    if (!this.present) throw new StoreUnavailableError('the data file was removed or replaced');
  }

  /** A deleted or replaced file stays open and would take writes that nobody ever sees again. */
  private watch(dataFile: string): NodeJS.Timeout {
    const inode = statSync(dataFile).ino;
    return setInterval(() => {
      this.present = inodeOf(dataFile) === inode;
    }, lookEveryMs).unref();
  }
}

function inodeOf(file: string): number | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })?.ino;
  } catch {
    // A directory that may not be entered any more, a disk that fails.
    return undefined;
  }
}

/** A failed commit names its cause in a promise of its own, which ends the process unless somebody handles it. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  return Promise.resolve(error.commitError).then(
    () => error,
    (cause: unknown) => cause,
  );
}

import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { inTime } from './in-time';
import { type ExpiryKey, LmdbTable } from './lmdb-table';
import { StoreUnavailableError } from './store-unavailable.error';

const defaultSweepIntervalMs = 30_000;
const sweepBatch = 1_000;

/**
 * The embedded database: one LMDB environment in a directory, shared by all processes that open it.
 * A commit is on the disk before its promise resolves; kill -9 at any moment loses nothing that was answered.
 */
export class LmdbDatabase {
  private readonly root: RootDatabase<unknown, string>;
  private readonly expiry: Database<boolean, ExpiryKey>;
  private readonly tables = new Map<string, LmdbTable<object>>();
  private readonly dataFile: string;
  private readonly inode: number;
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
    });
    this.expiry = this.root.openDB<boolean, ExpiryKey>({ name: 'expiry' });
    this.dataFile = join(directory, 'lmdb', 'data.mdb');
    this.inode = statSync(this.dataFile).ino;
    this.sweeper = setInterval(() => {
      // A sweep that fails is repeated at the next tick; expiry never depends on it.
      this.sweeping = this.sweep(now() - keepExpiredMs).catch(() => 0);
    }, sweepIntervalMs).unref();
  }

  /** Opens a table; not inside {@link write}. */
  table<Value extends object>(name: string): LmdbTable<Value> {
    let table = this.tables.get(name);
    if (table === undefined) {
      table = new LmdbTable(name, this.root.openDB({ name }), this.expiry, () => this.refresh());
      this.tables.set(name, table);
    }
    return table as LmdbTable<Value>;
  }

  /**
   * Runs `work` inside one write transaction; what it throws is thrown, and then nothing of it is written.
   * Throws: {@link StoreUnavailableError} when it cannot be committed, or another process holds the writer for too long.
   */
  async write<Result>(work: () => Result): Promise<Result> {
    this.assertPresent();
    let thrown: unknown;
    const rethrowable = () => {
      try {
        return work();
      } catch (error) {
        thrown = error;
        throw error;
      }
    };
    const committed = this.root.childTransaction(rethrowable).catch(async (error: unknown) => {
      throw error === thrown ? error : new StoreUnavailableError(await causeOf(error));
    });
    return inTime(committed);
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
    clearInterval(this.sweeper);
    await this.sweeping;
    await this.root.close();
  }

  /** Lets the next read see what every process has committed by now. */
  private refresh(): void {
    this.assertPresent();
    this.root.resetReadTxn();
  }

  /** A deleted or replaced file stays open and would take writes that nobody ever sees again. */
  private assertPresent(): void {
    const inode = statSync(this.dataFile, { throwIfNoEntry: false })?.ino;
    if (inode !== this.inode) throw new StoreUnavailableError('the data file was removed or replaced');
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

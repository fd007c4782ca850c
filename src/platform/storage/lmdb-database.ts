import { mkdirSync, statSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import * as z from 'zod';
import type { Environment } from './environment';
import { inTime } from './in-time';
import { claimLmdbEnvironment } from './lmdb-environment';
import { LmdbRecords } from './lmdb-records';
import { type ExpiryKey, type IndexKey, LmdbTable, type SharedTables } from './lmdb-table';
import { keepPrivate, type PrivateFiles } from './private-files';
import type { RecordType, TableType } from './record-schema';
import { RecordDatabase, type Records, type RecordsOptions } from './records';
import type { StoreSpace } from './store-inspector';
import { StoreUnavailableError } from './store-unavailable.error';

const defaultSweepIntervalMs = 30_000;
const sweepBatch = 1_000;
/** For so long a data file may be gone before anybody notices: to look at each access would cost more than the access. */
const lookEveryMs = 100;

export interface LmdbOptions {
  /** A record is swept so long after it expired. */
  readonly keepExpiredMs?: number;
  readonly sweepIntervalMs?: number;
  /** Of the process; without it, the store is taken as it is, and not marked. */
  readonly environment?: Environment;
  /** Hears of the files and directories that others on the machine may use; what it throws ends the opening. */
  readonly onExposed?: (paths: readonly string[]) => void;
}

/**
 * The embedded database: one LMDB environment in a directory, shared by all processes that open it.
 * A commit is on the disk before its promise resolves; kill -9 at any moment loses nothing that was answered.
 */
export class LmdbDatabase extends RecordDatabase {
  private readonly root: RootDatabase<unknown, string>;
  private readonly expiry: Database<boolean, ExpiryKey>;
  private readonly shared: SharedTables;
  private readonly tables = new Map<string, unknown>();
  private present = true;
  private readonly watcher: NodeJS.Timeout;
  private readonly sweeper: NodeJS.Timeout;
  private sweeping: Promise<unknown> = Promise.resolve();

  /** `now` in milliseconds since the epoch. Throws: OtherStoreError, and what the file system says. */
  constructor(
    private readonly directory: string,
    now: () => number,
    {
      keepExpiredMs = 0,
      sweepIntervalMs = defaultSweepIntervalMs,
      environment,
      onExposed = () => {},
    }: LmdbOptions = {},
  ) {
    super();
    this.root = openPrivately(directory, onExposed);
    if (environment !== undefined) this.claim(environment);
    this.expiry = this.root.openDB<boolean, ExpiryKey>({ name: 'expiry' });
    const index = this.root.openDB<boolean, IndexKey>({ name: 'index' });
    this.shared = { expiry: this.expiry, index, refresh: () => this.refresh() };
    this.watcher = this.watch(join(directory, 'lmdb', 'data.mdb'));
    this.sweeper = setInterval(() => {
      // A sweep that fails is repeated at the next tick; expiry never depends on it.
      this.sweeping = this.sweep(now() - keepExpiredMs).catch(() => 0);
    }, sweepIntervalMs).unref();
  }

  /** Opens a table; not inside {@link write}. */
  table<Value extends object>(type: TableType<Value>): LmdbTable<Value> {
    const table =
      (this.tables.get(type.name) as LmdbTable<Value> | undefined) ??
      new LmdbTable(type, this.openRecords(type.name), this.shared);
    this.tables.set(type.name, table);
    return table;
  }

  /** The table of this name, which a store has opened; one that none has is taken as it lies there. */
  tableNamed(name: string): LmdbTable<object> {
    const opened = this.tables.get(name) as LmdbTable<object> | undefined;
    return opened ?? new LmdbTable({ name, schema: z.custom<object>() }, this.openRecords(name), this.shared);
  }

  records<Value extends object>(type: RecordType<Value>, options?: RecordsOptions): Records<Value> {
    return new LmdbRecords(this, type, options);
  }

  /**
   * Runs `work` inside a write transaction, which it shares with other writes of the moment; resolves with its result when
   * that is on the disk. What `work` throws is thrown. It must decide before it writes: what it wrote before it threw stays. So
   * of several records the one goes first that others may have made too much of; a put that throws has written nothing.
   * Throws: {@link StoreUnavailableError} when it cannot be committed, or another process holds the writer for too long.
   */
  async write<Result>(work: () => Result): Promise<Result> {
    this.assertPresent();
    return inTime(this.commit(work));
  }

  /** Removes what has expired at `now`, and returns how many records that were. */
  async sweep(now: number): Promise<number> {
    let removed = 0;
    for (;;) {
      this.refresh();
      const expired = [...this.expiry.getKeys({ end: [now, '', ''], limit: sweepBatch })];
      if (expired.length === 0) return removed;
      const entries = expired.map((key) => ({ key, table: this.tableNamed(key[1]) }));
      removed += await this.write(() => {
        for (const { key } of entries) this.expiry.removeSync(key);
        return entries.filter(({ key, table }) => table.removeExpired(key[2], now)).length;
      });
    }
  }

  /**
   * Copies the store as it is at one moment into `directory`, private as the store is, while any process may write. What
   * was deleted is not in the copy. Rejects with what the file system says.
   */
  async copyTo(directory: string): Promise<void> {
    const path = join(directory, 'lmdb');
    const umask = process.umask(0o077);
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    } finally {
      process.umask(umask);
    }
    await this.root.backup(path, true);
    keepPrivate(filesIn(directory));
  }

  /** What its data file takes on the disk, and what is left there for whoever may write. Rejects with what the file system says. */
  async space(): Promise<Required<StoreSpace>> {
    const [{ blocks }, { bavail, bsize }] = await Promise.all([
      stat(join(this.directory, 'lmdb', 'data.mdb')),
      statfs(this.directory),
    ]);
    return { bytes: blocks * 512, diskFreeBytes: bavail * bsize };
  }

  override async close(): Promise<void> {
    clearInterval(this.watcher);
    clearInterval(this.sweeper);
    await this.sweeping;
    await this.root.close();
  }

  /** Before any table is made: of a store that is refused not even its empty tables are. */
  private claim(environment: Environment): void {
    try {
      claimLmdbEnvironment(this.root, (name, create) => this.openRecords(name, create), environment);
    } catch (error) {
      void this.root.close();
      throw error;
    }
  }

  /** Without shared structures: what a failed commit had taught would be lost, and records are arrays. */
  private openRecords<Value>(name: string, create = true): Database<Value, string> {
    const options = { name, create, encoder: { useRecords: false } };
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

/** The environment in `directory`, which is made where there is none: for its owner alone, because it holds keys and logins. */
function openPrivately(
  directory: string,
  onExposed: NonNullable<LmdbOptions['onExposed']>,
): RootDatabase<unknown, string> {
  const path = join(directory, 'lmdb');
  const umask = process.umask(0o077);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const exposed = keepPrivate(filesIn(directory));
    if (exposed.length > 0) onExposed(exposed);
    // Without eventTurnBatching, because its own promise of a batch is left unhandled when the commit fails (disk full),
    // and that ends the process; transactions of one moment are still committed together.
    const root: RootDatabase<unknown, string> = open({
      path,
      maxDbs: 32,
      overlappingSync: false,
      eventTurnBatching: false,
      // Pages that nobody reads any more are given back, or all that was ever read or written would stay mapped.
      remapChunks: true,
    });
    // The files that it has just made: in a directory with a default ACL the umask does not count.
    const stillExposed = keepPrivate(filesIn(directory)).filter((exposedPath) => !exposed.includes(exposedPath));
    if (stillExposed.length > 0) onExposed(stillExposed);
    return root;
  } finally {
    process.umask(umask);
  }
}

function filesIn(directory: string): PrivateFiles {
  const path = join(directory, 'lmdb');
  return { root: directory, directories: [path], files: [join(path, 'data.mdb'), join(path, 'lock.mdb')] };
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

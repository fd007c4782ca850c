import { mkdirSync, statSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import * as z from 'zod';
import type { Environment } from './environment';
import { withTimeout } from './with-timeout';
import { claimLmdbEnvironment } from './lmdb-environment';
import { LmdbRecords } from './lmdb-records';
import { type ExpiryKey, type IndexKey, LmdbTable, type SharedTables } from './lmdb-table';
import { LmdbWriter } from './lmdb-writer';
import { keepPrivate, type PrivateFiles } from './private-files';
import type { RecordType, TableType } from './record-schema';
import { RecordDatabase, type Records, type RecordsOptions } from './records';
import type { StoreSpace } from './store-inspector';
import { StoreUnavailableError } from './store-unavailable.error';

const defaultSweepIntervalMs = 30_000;
const sweepBatch = 1_000;
/** Milliseconds until a deleted data file is noticed: checking at each access would cost more than the access. */
const lookEveryMs = 100;

export interface LmdbOptions {
  /** Milliseconds from the expiry of a record to its sweep. */
  readonly keepExpiredMs?: number;
  readonly sweepIntervalMs?: number;
  /** Environment of the process; without it the store is neither checked nor marked. */
  readonly environment?: Environment;
  /** Gets the files and directories that other users of the machine can access; what it throws aborts the opening. */
  readonly onExposed?: (paths: readonly string[]) => void;
}

/**
 * The embedded database: one LMDB environment in a directory, shared by all processes that open it. A commit is on disk before
 * its promise resolves; kill -9 at any moment loses nothing that was acknowledged.
 */
export class LmdbDatabase extends RecordDatabase {
  private readonly root: RootDatabase<unknown, string>;
  private readonly writer: LmdbWriter;
  private readonly expiry: Database<boolean, ExpiryKey>;
  private readonly shared: SharedTables;
  private readonly tables = new Map<string, unknown>();
  private present = true;
  private readonly watcher: NodeJS.Timeout;
  private readonly sweeper: NodeJS.Timeout;
  private sweeping: Promise<unknown> = Promise.resolve();

  /** `now` in milliseconds since the epoch. Throws: OtherStoreError, and file system errors. */
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
    this.writer = new LmdbWriter(this.root, environmentIn(directory));
    if (environment !== undefined) this.claim(environment);
    this.expiry = this.writer.writeSync(() => this.root.openDB<boolean, ExpiryKey>({ name: 'expiry' }));
    const index = this.writer.writeSync(() => this.root.openDB<boolean, IndexKey>({ name: 'index' }));
    this.shared = { expiry: this.expiry, index, refresh: () => this.refresh() };
    this.watcher = this.watch(join(environmentIn(directory), 'data.mdb'));
    this.sweeper = setInterval(() => {
      // A failed sweep is repeated at the next tick; expiry never depends on it.
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

  /** The table of this name: as a store has opened it, otherwise raw. */
  tableNamed(name: string): LmdbTable<object> {
    const opened = this.tables.get(name) as LmdbTable<object> | undefined;
    return opened ?? new LmdbTable({ name, schema: z.custom<object>() }, this.openRecords(name), this.shared);
  }

  records<Value extends object>(type: RecordType<Value>, options?: RecordsOptions): Records<Value> {
    return new LmdbRecords(this, type, options);
  }

  /**
   * Runs `work` in a write transaction, shared with concurrent writes; resolves with its result when that is on disk, or throws
   * what `work` throws. `work` must decide before it writes: earlier writes stay when it throws. A put that throws has written
   * nothing, so the record that may be too large goes first. Throws: {@link StoreUnavailableError} when it cannot commit, or
   * another process holds the writer too long.
   */
  async write<Result>(work: () => Result): Promise<Result> {
    this.assertPresent();
    return withTimeout(this.writer.write(work));
  }

  /** Removes records that expired by `now`; returns their number. */
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
   * Copies a consistent snapshot into `directory`, as private as the store, while processes go on writing. Deleted records are
   * not copied. Rejects with file system errors.
   */
  async copyTo(directory: string): Promise<void> {
    const path = environmentIn(directory);
    const umask = process.umask(0o077);
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    } finally {
      process.umask(umask);
    }
    await this.root.backup(path, true);
    keepPrivate(filesIn(directory));
  }

  /** Size of the data file, and the free disk space. Rejects with file system errors. */
  async space(): Promise<Required<StoreSpace>> {
    const [{ blocks }, { bavail, bsize }] = await Promise.all([
      stat(join(environmentIn(this.directory), 'data.mdb')),
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

  /** Before any table is created: a refused store must not get even an empty one. */
  private claim(environment: Environment): void {
    try {
      claimLmdbEnvironment(this.root, this.writer, (name, create) => this.openRecords(name, create), environment);
    } catch (error) {
      void this.root.close();
      throw error;
    }
  }

  /** Without shared structures: they would be lost with a failed commit, and records are arrays. */
  private openRecords<Value>(name: string, create = true): Database<Value, string> {
    const options = { name, create, encoder: { useRecords: false } };
    return this.writer.writeSync(() => this.root.openDB(options));
  }

  /** Lets the next read see what every process has committed so far. */
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

/** Opens or creates the environment in `directory`: for its owner only, because it contains keys and logins. */
function openPrivately(
  directory: string,
  onExposed: NonNullable<LmdbOptions['onExposed']>,
): RootDatabase<unknown, string> {
  const path = environmentIn(directory);
  const umask = process.umask(0o077);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const exposed = keepPrivate(filesIn(directory));
    if (exposed.length > 0) onExposed(exposed);
    // Without eventTurnBatching, whose own promise is unhandled when a commit fails (disk full) and ends the process.
    // Concurrent transactions still share a commit.
    const root: RootDatabase<unknown, string> = open({
      path,
      maxDbs: 32,
      overlappingSync: false,
      eventTurnBatching: false,
      // Unmaps unused pages; otherwise everything ever accessed would stay mapped.
      remapChunks: true,
    });
    // Files that were just created: a directory's default ACL overrides the umask.
    const stillExposed = keepPrivate(filesIn(directory)).filter((exposedPath) => !exposed.includes(exposedPath));
    if (stillExposed.length > 0) onExposed(stillExposed);
    return root;
  } finally {
    process.umask(umask);
  }
}

function environmentIn(directory: string): string {
  return join(directory, 'lmdb');
}

function filesIn(directory: string): PrivateFiles {
  const path = environmentIn(directory);
  return { root: directory, directories: [path], files: [join(path, 'data.mdb'), join(path, 'lock.mdb')] };
}

function inodeOf(file: string): number | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })?.ino;
  } catch {
    // The directory is not accessible any more, or the disk fails.
    return undefined;
  }
}

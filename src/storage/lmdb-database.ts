import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { StoreUnavailableError } from './store-unavailable.error';

type ExpiryKey = [expiresAt: number, table: string, key: string];

const sweepIntervalMs = 30_000;
const sweepBatch = 1_000;
/** LMDB refuses longer keys; nothing that we store has one, so a longer key is one that is not there. */
const longestKeyBytes = 1_024;

/**
 * The embedded database: one LMDB environment in a directory, shared by all processes that open it.
 * A commit is on the disk before its promise resolves; kill -9 at any moment loses nothing that was answered.
 */
export class LmdbDatabase {
  private readonly root: RootDatabase<unknown, string>;
  private readonly expiry: Database<boolean, ExpiryKey>;
  private readonly tables = new Map<string, LmdbTable<object>>();
  private readonly sweeper: NodeJS.Timeout;
  private sweeping: Promise<unknown> = Promise.resolve();

  constructor(directory: string, now: () => number) {
    // The directory holds signing keys and records of logins: for its owner alone.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.root = open({ path: join(directory, 'lmdb'), maxDbs: 32, overlappingSync: false });
    this.expiry = this.root.openDB<boolean, ExpiryKey>({ name: 'expiry' });
    this.sweeper = setInterval(() => {
      // A sweep that fails is repeated at the next tick; expiry never depends on it.
      this.sweeping = this.sweep(now()).catch(() => 0);
    }, sweepIntervalMs).unref();
  }

  table<Value extends object>(name: string): LmdbTable<Value> {
    let table = this.tables.get(name);
    if (table === undefined) {
      table = new LmdbTable(name, this.root.openDB({ name }), this.expiry);
      this.tables.set(name, table);
    }
    return table as LmdbTable<Value>;
  }

  /** Runs `work` inside one write transaction; what it throws is thrown, and then nothing of it is written. */
  async write<Result>(work: () => Result): Promise<Result> {
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
      return await this.root.childTransaction(rethrowable);
    } catch (error) {
      throw error === thrown ? error : new StoreUnavailableError(error);
    }
  }

  /** Removes what has expired at `now`, and returns how many records that were. */
  async sweep(now: number): Promise<number> {
    let removed = 0;
    for (;;) {
      const expired = [...this.expiry.getKeys({ end: [now, '', ''], limit: sweepBatch })];
      if (expired.length === 0) return removed;
      await this.write(() => {
        for (const key of expired) {
          this.expiry.removeSync(key);
          if (this.table<{ expiresAt?: number }>(key[1]).removeExpired(key[2], now)) removed += 1;
        }
      });
    }
  }

  async close(): Promise<void> {
    clearInterval(this.sweeper);
    await this.sweeping;
    await this.root.close();
  }
}

/** One table of the environment, keyed by string. The methods that write must run inside {@link LmdbDatabase.write}. */
export class LmdbTable<Value extends object> {
  constructor(
    private readonly name: string,
    private readonly database: Database<Value, string>,
    private readonly expiry: Database<boolean, ExpiryKey>,
  ) {}

  get(key: string): Value | undefined {
    if (Buffer.byteLength(key) > longestKeyBytes) return undefined;
    return attempt(() => this.database.get(key));
  }

  /** A read of what every process has committed by now, rather than of this tick's snapshot. */
  getFresh(key: string): Value | undefined {
    attempt(() => this.database.resetReadTxn());
    return this.get(key);
  }

  *values(): Generator<Value> {
    for (const { value } of this.database.getRange()) yield value;
  }

  count(): number {
    return attempt(() => (this.database.getStats() as { entryCount: number }).entryCount);
  }

  put(key: string, value: Value & { expiresAt?: number }): void {
    attempt(() => {
      this.database.putSync(key, value);
      if (value.expiresAt !== undefined) this.expiry.putSync([value.expiresAt, this.name, key], true);
    });
  }

  remove(key: string): void {
    attempt(() => this.database.removeSync(key));
  }

  removeExpired(key: string, now: number): boolean {
    const value = this.database.get(key) as { expiresAt?: number } | undefined;
    // The record may have been replaced by one that lives longer.
    if (value?.expiresAt === undefined || value.expiresAt > now) return false;
    return this.database.removeSync(key);
  }
}

function attempt<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new StoreUnavailableError(error);
  }
}

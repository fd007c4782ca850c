import { createHash } from 'node:crypto';
import type { Database } from 'lmdb';
import { StoreUnavailableError } from './store-unavailable.error';

export type ExpiryKey = [expiresAt: number, table: string, key: string];

/** Well under what LMDB allows for a key together with its entry in the expiry index. */
const longestKeyBytes = 1_024;

/** One table of the environment, keyed by string. The methods that write must run inside `LmdbDatabase.write`. */
export class LmdbTable<Value extends object> {
  constructor(
    private readonly name: string,
    private readonly database: Database<Value, string>,
    private readonly expiry: Database<boolean, ExpiryKey>,
    private readonly refresh: () => void,
  ) {}

  /** Inside a write transaction: what is there now. */
  get(key: string): Value | undefined {
    return attempt(() => this.database.get(storedKey(key)));
  }

  /** Inside a write transaction: whether there is a record now. */
  has(key: string): boolean {
    return attempt(() => this.database.doesExist(storedKey(key)));
  }

  /** Outside: what every process has committed by now, rather than this tick's snapshot. */
  getFresh(key: string): Value | undefined {
    this.refresh();
    return this.get(key);
  }

  /** Every key and value that any process has committed by now, or the first `limit` of them. */
  entriesFresh(limit?: number): { key: string; value: Value }[] {
    this.refresh();
    return attempt(() => [...this.database.getRange(limit === undefined ? {} : { limit })]);
  }

  /** All of them, `size` at a time, each batch from what is there when it is asked for. */
  *batchesFresh(size: number): Generator<{ key: string; value: Value }[]> {
    let batch = this.entriesFresh(size);
    while (batch.length > 0) {
      yield batch;
      this.refresh();
      const start = batch.at(-1)?.key ?? '';
      batch = attempt(() => [...this.database.getRange({ start, exclusiveStart: true, limit: size })]);
    }
  }

  valuesFresh(): Value[] {
    return this.entriesFresh().map(({ value }) => value);
  }

  countFresh(): number {
    this.refresh();
    return attempt(() => (this.database.getStats() as { entryCount: number }).entryCount);
  }

  put(key: string, value: Value & { expiresAt?: number }): void {
    attempt(() => {
      this.database.putSync(storedKey(key), value);
      if (value.expiresAt !== undefined) this.expiry.putSync([value.expiresAt, this.name, storedKey(key)], true);
    });
  }

  remove(key: string): void {
    attempt(() => this.database.removeSync(storedKey(key)));
  }

  /** For the sweeper, with a key as the expiry index holds it; true when the record was there and had expired. */
  removeExpired(stored: string, now: number): boolean {
    return attempt(() => {
      const value = this.database.get(stored) as { expiresAt?: number } | undefined;
      // The record may have been replaced by one that lives longer.
      if (value?.expiresAt === undefined || value.expiresAt > now) return false;
      return this.database.removeSync(stored);
    });
  }
}

/** A key that is longer than LMDB allows is stored as its hash: callers put user names and client ids into keys. */
function storedKey(key: string): string {
  if (Buffer.byteLength(key) <= longestKeyBytes) return key;
  return `sha256:${createHash('sha256').update(key).digest('base64url')}`;
}

function attempt<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new StoreUnavailableError(error);
  }
}

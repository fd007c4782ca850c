import { createHash } from 'node:crypto';
import type { Database, RangeOptions } from 'lmdb';
import { MalformedRecordError } from './codec';
import { rowCoder } from './lmdb-codec';
import type { TableType } from './record-schema';
import { StoreUnavailableError } from './store-unavailable.error';

export type ExpiryKey = [expiresAt: number, table: string, key: string];
export type IndexKey = [table: string, indexed: string, key: string];

/** An index entry: the name, and the key of its record. */
export interface IndexPlace {
  readonly name: string;
  readonly key: string;
}

/** LMDB's statistics of a table. */
interface TableStats {
  readonly entryCount: number;
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** Shared by all tables of the environment. */
export interface SharedTables {
  readonly expiry: Database<boolean, ExpiryKey>;
  readonly index: Database<boolean, IndexKey>;
  /** Lets the next read see what every process has committed so far. */
  refresh(): void;
}

/** Well below LMDB's limit for a key with its entry in the expiry index. */
const longestKeyBytes = 1_024;
/** Together with the longest key below LMDB's limit. */
const longestIndexedBytes = 512;

/**
 * One table of the environment, keyed by string. Writing methods must run inside `LmdbDatabase.write`. The type's names form an
 * index that finds records by each of them. A record that does not fit its schema counts as absent.
 */
export class LmdbTable<Value extends object> {
  private readonly name: string;
  private readonly namesOf: TableType<Value>['namesOf'];
  private readonly coder: ReturnType<typeof rowCoder<Value>>;

  constructor(
    type: TableType<Value>,
    private readonly database: Database<unknown, string>,
    private readonly shared: SharedTables,
  ) {
    this.name = type.name;
    this.namesOf = type.namesOf;
    this.coder = rowCoder(type);
  }

  /** Inside a write transaction: the current value. */
  get(key: string): Value | undefined {
    return attempt(() => this.read(storedKey(key)));
  }

  /** Inside a write transaction: whether the record exists. */
  has(key: string): boolean {
    return attempt(() => this.database.doesExist(storedKey(key)));
  }

  /** Outside: makes the next read see what every process has committed, not this tick's snapshot. */
  refresh(): void {
    this.shared.refresh();
  }

  getFresh(key: string): Value | undefined {
    this.shared.refresh();
    return this.get(key);
  }

  /** All current entries in order, or up to `limit` of them, those after the key `after`. */
  entriesFresh(limit?: number, after?: string): { key: string; value: Value }[] {
    this.shared.refresh();
    // A key that LMDB cannot store never ended a page.
    if (after !== undefined && !isStorable(after, longestKeyBytes)) return [];
    const range = after === undefined ? {} : { start: after, exclusiveStart: true };
    return attempt(() => this.entries(range, limit));
  }

  /** The values whose keys begin with `prefix`; keys stored as hashes never match. */
  valuesFresh(prefix = ''): Value[] {
    this.shared.refresh();
    return attempt(() => {
      const values: Value[] = [];
      for (const { key, value } of this.walk(prefix === '' ? {} : { start: prefix })) {
        if (!key.startsWith(prefix)) break;
        values.push(value);
      }
      return values;
    });
  }

  /** Up to `limit` entries, from the last one backwards, before the key `below`. */
  entriesBelowFresh(limit: number, below?: string): { key: string; value: Value }[] {
    this.shared.refresh();
    const start = below === undefined ? {} : { start: below, exclusiveStart: true };
    return attempt(() => this.entries({ ...start, reverse: true }, limit));
  }

  countFresh(): number {
    this.shared.refresh();
    return attempt(() => this.stats().entryCount);
  }

  /** Size of its records in the file without the indexes; LMDB knows it without a walk. */
  bytesFresh(): number {
    this.shared.refresh();
    return attempt(() => {
      const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = this.stats();
      return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
    });
  }

  /** True when a record has this index name. */
  isIndexedFresh(name: string): boolean {
    return this.keysNamedFresh(name, 1).length > 0;
  }

  /** Inside a write transaction: up to `limit` records with this index name, whose keys come after `after`. */
  named(name: string, limit = Number.POSITIVE_INFINITY, after = ''): Value[] {
    return attempt(() => {
      const values: Value[] = [];
      for (const key of this.keysNamed(name, after)) {
        const value = key === after ? undefined : this.read(key);
        if (value !== undefined && values.push(value) >= limit) break;
      }
      return values;
    });
  }

  /** Up to `limit` keys of records with this index name, after the key `after`. */
  keysNamedFresh(name: string, limit: number, after = ''): string[] {
    this.shared.refresh();
    return attempt(() => {
      const keys: string[] = [];
      for (const key of this.keysNamed(name, after)) if (key !== after && keys.push(key) >= limit) break;
      return keys;
    });
  }

  /**
   * Inside a write transaction: up to `limit` index entries whose names begin with `prefix`, ordered by name, after the entry
   * `after`. Such names consist of the characters from `!` to `}` and spaces.
   */
  indexed(prefix: string, limit: number, after?: IndexPlace): IndexPlace[] {
    return attempt(() => {
      const start = after === undefined ? {} : { start: this.indexKey(after), exclusiveStart: true };
      const keys = this.shared.index.getKeys({ ...this.indexRange(prefix), ...start, limit });
      return Array.from(keys, ([, name, key]) => ({ name, key }));
    });
  }

  /** Outside a transaction, as {@link indexed}. */
  indexedFresh(prefix: string, limit: number, after?: IndexPlace): IndexPlace[] {
    this.shared.refresh();
    return this.indexed(prefix, limit, after);
  }

  /** Inside a write transaction: as {@link indexed}, from the last entry backwards, without the first `skipped` ones. */
  indexedBackwards(prefix: string, skipped: number, limit: number): IndexPlace[] {
    return attempt(() => {
      const { start, end } = this.indexRange(prefix);
      const range = { start: end, end: start, reverse: true, offset: skipped, limit };
      return Array.from(this.shared.index.getKeys(range), ([, name, key]) => ({ name, key }));
    });
  }

  /** Inside a write transaction: the number of index entries whose names begin with `prefix`. */
  countIndexed(prefix: string): number {
    return attempt(() => this.shared.index.getKeysCount(this.indexRange(prefix)));
  }

  put(key: string, value: Value & { expiresAt?: number }): void {
    this.replace(key, this.namesOf === undefined ? undefined : this.get(key), value);
  }

  /** As {@link put}, after reading in the same transaction; `before`: the existing value. */
  replace(key: string, before: Value | undefined, value: Value & { expiresAt?: number }): void {
    attempt(() => {
      const stored = storedKey(key);
      // The record first: one that cannot be encoded fails before anything is written.
      this.database.putSync(stored, this.coder.encode(value));
      if (this.namesOf !== undefined) this.reindex(stored, before, value);
      const isListed = before !== undefined && 'expiresAt' in before && before.expiresAt === value.expiresAt;
      if (value.expiresAt !== undefined && !isListed)
        this.shared.expiry.putSync([value.expiresAt, this.name, stored], true);
    });
  }

  /** True when the record existed. `expiresAt`: of the record, if known: its expiry entry is then removed as well. */
  remove(key: string, expiresAt?: number): boolean {
    return attempt(() => {
      const stored = storedKey(key);
      if (expiresAt !== undefined) this.shared.expiry.removeSync([expiresAt, this.name, stored]);
      return this.removeStored(stored);
    });
  }

  /** For the sweeper, with a key from the expiry index; true when the record existed and had expired. */
  removeExpired(stored: string, now: number): boolean {
    return attempt(() => {
      const row = this.database.get(stored);
      // The record may have been replaced by one that lives longer, or for ever.
      if (!Array.isArray(row) || row[0] === null || row[0] > now) return false;
      return this.removeStored(stored);
    });
  }

  private read(stored: string): Value | undefined {
    return this.decoded(this.database.get(stored));
  }

  private decoded(row: unknown): Value | undefined {
    if (row === undefined) return undefined;
    try {
      return this.coder.decode(row);
    } catch (error) {
      if (error instanceof MalformedRecordError) return undefined;
      throw error;
    }
  }

  private entries(range: RangeOptions, limit = Number.POSITIVE_INFINITY): { key: string; value: Value }[] {
    const entries: { key: string; value: Value }[] = [];
    if (limit > 0) {
      for (const entry of this.walk(range)) if (entries.push(entry) >= limit) break;
    }
    return entries;
  }

  private *keysNamed(name: string, from: string): Generator<string> {
    const indexed = indexedName(name);
    for (const [table, other, key] of this.shared.index.getKeys({ start: [this.name, indexed, from] })) {
      if (table !== this.name || other !== indexed) return;
      yield key;
    }
  }

  private *walk(range: RangeOptions): Generator<{ key: string; value: Value }> {
    for (const { key, value: row } of this.database.getRange(range)) {
      const value = this.decoded(row);
      if (value !== undefined) yield { key, value };
    }
  }

  private stats(): TableStats {
    return this.database.getStats() as TableStats;
  }

  private indexRange(prefix: string): { start: IndexKey; end: IndexKey } {
    return { start: [this.name, prefix, ''], end: [this.name, `${prefix}~`, ''] };
  }

  private indexKey({ name, key }: IndexPlace): IndexKey {
    return [this.name, name, key];
  }

  private removeStored(stored: string): boolean {
    if (this.namesOf !== undefined) this.reindex(stored, this.read(stored), undefined);
    return this.database.removeSync(stored);
  }

  private reindex(stored: string, before: Value | undefined, after: Value | undefined): void {
    const [old, names] = [this.indexedNames(before), this.indexedNames(after)];
    for (const name of old) if (!names.includes(name)) this.shared.index.removeSync([this.name, name, stored]);
    for (const name of names) if (!old.includes(name)) this.shared.index.putSync([this.name, name, stored], true);
  }

  private indexedNames(value: Value | undefined): readonly string[] {
    return value === undefined || this.namesOf === undefined ? [] : this.namesOf(value).map(indexedName);
  }
}

/** A key that LMDB cannot store is replaced by its hash: callers choose user names and client ids. */
function storedKey(key: string): string {
  return isStorable(key, longestKeyBytes) ? key : hashOf(key);
}

function indexedName(name: string): string {
  return isStorable(name, longestIndexedBytes) ? name : hashOf(name);
}

function isStorable(text: string, bytes: number): boolean {
  // LMDB escapes up to 64 bytes. In a longer text it misreads control characters and lone surrogates.
  if (text.length * 3 <= 64) return true;
  if (/^[ -~]*$/.test(text)) return text.length <= bytes;
  return (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) && !/[\p{Cc}\p{Surrogate}]/u.test(text);
}

function hashOf(text: string): string {
  return `sha256:${createHash('sha256')
    .update(text, isWellFormed(text) ? 'utf8' : 'utf16le')
    .digest('base64url')}`;
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function attempt<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new StoreUnavailableError(error);
  }
}

import type { RecordType } from './record-schema';

/** A record by its key, or by a name that is unique. */
export type RecordRef = { readonly key: string; readonly name?: undefined } | { readonly name: string };

export interface RecordsOptions {
  /** True: hides records marked `demo` from everything but {@link Records.hasDemo}. */
  readonly hidesDemo?: boolean;
}

/** Index name of the records marked `demo`. */
export const demoName = 'demo';

/**
 * The records of one type, in either database: what every port needs. Every method rejects with StoreUnavailableError when the
 * database does not answer in time.
 */
export abstract class Records<Value extends object> {
  abstract find(ref: RecordRef): Promise<Value | undefined>;

  /** As {@link find}, for what a redeemed challenge becomes: where that is two database steps, it retries for up to 1.3 s. */
  abstract findSuccessor(key: string): Promise<Value | undefined>;

  /** True when a record has the name. */
  abstract has(name: string): Promise<boolean>;

  /** True when any record is marked `demo`. */
  abstract hasDemo(): Promise<boolean>;

  /** All records, or those whose keys begin with `prefix`, ordered by key. */
  abstract list(prefix?: string): Promise<Value[]>;

  /** Up to `limit` records after the key `after`, ordered by key. */
  abstract page(limit: number, after?: string): Promise<Value[]>;

  /** Up to `limit` records with the name after the key `after`, ordered by key. */
  abstract listNamed(name: string, limit: number, after?: string): Promise<Value[]>;

  /** Stores a new record; false when its key is taken. */
  abstract add(value: Value): Promise<boolean>;

  /** Stores the record, replacing one with the same key. */
  abstract save(value: Value): Promise<void>;

  /**
   * Replaces the record by what `change` returns, and returns that; undefined when there is none. When `change` returns
   * undefined or throws, nothing is stored. No concurrent change is lost: `change` may be called again. Throws:
   * {@link KeyTakenError}.
   */
  abstract change(ref: RecordRef, change: (value: Value) => Value | undefined): Promise<Value | undefined>;

  /**
   * Removes the record; false when there is none. `check` gets the record first, and may get it again: when it throws, nothing is
   * removed.
   */
  abstract remove(ref: RecordRef, check?: (value: Value) => void): Promise<boolean>;

  /** Removes all records with the name. */
  abstract removeNamed(name: string): Promise<void>;
}

/** A change would have given a record the key of another. */
export class KeyTakenError extends Error {}

/** A database for records of any type. */
export abstract class RecordDatabase {
  abstract records<Value extends object>(type: RecordType<Value>, options?: RecordsOptions): Records<Value>;

  abstract close(): Promise<void>;
}

/** The names of a record, including that of demo records. */
export function namesIn<Value extends object>({ namesOf }: RecordType<Value>, value: Value): string[] {
  return [...(namesOf?.(value) ?? []), ...('demo' in value && value.demo === true ? [demoName] : [])];
}

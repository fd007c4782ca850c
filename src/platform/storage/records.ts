import type { RecordType } from './record-schema';

/** Which record: by its key, or by a name that one record has at a time. */
export type Sought = { readonly key: string; readonly name?: undefined } | { readonly name: string };

export interface RecordsOptions {
  /** True: a record that says `demo` is not there, but for {@link Records.hasDemo}. */
  readonly hidesDemo?: boolean;
}

/** The name of records that say `demo`, in the index. */
export const demoName = 'demo';

/**
 * The records of one type, in either database: what every port needs. Every method rejects with StoreUnavailableError when
 * the database does not answer in time.
 */
export abstract class Records<Value extends object> {
  abstract find(sought: Sought): Promise<Value | undefined>;

  /** True when a record has the name. */
  abstract has(name: string): Promise<boolean>;

  /** True when any record says `demo`. */
  abstract hasDemo(): Promise<boolean>;

  /** All, or those whose keys begin with `prefix`, in the order of the keys. */
  abstract list(prefix?: string): Promise<Value[]>;

  /** Up to `limit` in the order of the keys, those after `after`. */
  abstract page(limit: number, after?: string): Promise<Value[]>;

  /** Up to `limit` of those that have the name. */
  abstract listNamed(name: string, limit: number): Promise<Value[]>;

  /** Stores a new record, and returns false when there is one with its key. */
  abstract add(value: Value): Promise<boolean>;

  /** Stores the record in place of the one with its key. */
  abstract save(value: Value): Promise<void>;

  /**
   * Puts what `change` makes of the record in its place, and returns that; undefined when there is none. Nothing that
   * another process changes meanwhile is lost: `change` may be called again. What it throws is thrown, and nothing stored.
   * Throws: {@link KeyTakenError}.
   */
  abstract change(sought: Sought, change: (value: Value) => Value): Promise<Value | undefined>;

  abstract remove(sought: Sought): Promise<void>;

  /** Removes all that have the name. */
  abstract removeNamed(name: string): Promise<void>;
}

/** A record would have taken the key of another one. */
export class KeyTakenError extends Error {}

/** What keeps records of any type. */
export abstract class RecordDatabase {
  abstract records<Value extends object>(type: RecordType<Value>, options?: RecordsOptions): Records<Value>;

  abstract close(): Promise<void>;
}

/** The names of a record, with that of the demo records. */
export function namesIn<Value extends object>({ namesOf }: RecordType<Value>, value: Value): string[] {
  return [...(namesOf?.(value) ?? []), ...('demo' in value && value.demo === true ? [demoName] : [])];
}

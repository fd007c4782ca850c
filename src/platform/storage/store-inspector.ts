/** One record as `/debug/state` shows it: no credential, only what the store holds, hashes for what is secret. */
export interface InspectedRecord {
  readonly id: string;
  readonly expiresAt?: number;
  readonly [field: string]: unknown;
}

/** The room that a store takes and has, in bytes; absent where the database does not tell. */
export interface StoreSpace {
  readonly bytes?: number;
  readonly diskFreeBytes?: number;
}

/** How many records are looked at to find the newest: a look must not cost more the more there are. */
export const walkedAtMost = 5_000;

/** Looks into the store for operators, by the names of its collections; no flow uses it. */
export abstract class StoreInspector {
  /** Resolves when the store answers and is ready to serve. */
  abstract ping(): Promise<void>;

  /** The newest records of a collection, at most `limit`; of a large one, the newest among {@link walkedAtMost}. */
  abstract list(collection: string, limit: number): Promise<InspectedRecord[]>;

  /** How many records a collection has; of more than 1000 it may be an estimate: a walk over all could take long. */
  abstract count(collection: string): Promise<number>;

  /** How many records there are of each value that a field has, among `limit` of the collection's records. */
  abstract countBy(collection: string, field: string, limit: number): Promise<Readonly<Record<string, number>>>;

  abstract space(): Promise<StoreSpace>;

  /** How far the clock of the database is ahead of `now`, both in milliseconds; undefined where it does not tell its time. */
  abstract clockOffset(now: () => number): Promise<number | undefined>;
}

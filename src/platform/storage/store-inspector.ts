/** A record for `/debug/state`: no credential, and hashes of secrets only. */
export interface InspectedRecord {
  readonly id: string;
  readonly expiresAt?: number;
  readonly [field: string]: unknown;
}

/** Used and free space of a store, in bytes; absent where the database does not report it. */
export interface StoreSpace {
  readonly bytes?: number;
  readonly diskFreeBytes?: number;
}

/** Most records that are walked to find the newest: bounds the cost in a large store. */
export const walkedAtMost = 5_000;

/** Lets operators look into the store by collection; no flow uses it. */
export abstract class StoreInspector {
  /** Resolves when the store answers and can serve. */
  abstract ping(): Promise<void>;

  /** The newest records of a collection, at most `limit`; in a large one the newest among {@link walkedAtMost}. */
  abstract list(collection: string, limit: number): Promise<InspectedRecord[]>;

  /** Number of records in a collection; above 1000 possibly an estimate, because counting could take long. */
  abstract count(collection: string): Promise<number>;

  /** Counts the values of a field in up to `limit` records of the collection. */
  abstract countBy(collection: string, field: string, limit: number): Promise<Readonly<Record<string, number>>>;

  abstract space(): Promise<StoreSpace>;

  /** How far the database's clock is ahead of `now`, in milliseconds; undefined where it does not report its time. */
  abstract clockOffset(now: () => number): Promise<number | undefined>;
}

/** One record as `/debug/state` shows it: no credential, only what the store holds, hashes for what is secret. */
export interface InspectedRecord {
  readonly id: string;
  readonly expiresAt?: number;
  readonly [field: string]: unknown;
}

/** The collections that hold state of logins, in the order in which a reader wants them. */
export const inspectedCollections = ['challenges', 'grants', 'sessions', 'consents'] as const;
export type InspectedCollection = (typeof inspectedCollections)[number];

/** Looks into the store for operators; no flow uses it. */
export abstract class StoreInspector {
  /** Resolves when the store answers and is ready to serve. */
  abstract ping(): Promise<void>;

  /** The newest records of a collection, at most `limit`. */
  abstract list(collection: InspectedCollection, limit: number): Promise<InspectedRecord[]>;

  abstract count(collection: InspectedCollection): Promise<number>;

  /** How many challenges there are of each kind, among `limit` of them: a walk over all could take long. */
  abstract countKinds(limit: number): Promise<Readonly<Record<string, number>>>;
}

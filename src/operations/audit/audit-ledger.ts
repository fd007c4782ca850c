import type { Head } from './chain';

/** What the ledger says at one moment. */
export interface LedgerState {
  /** Every event up to this `seq` is written, and none can follow. A number without an event is no loss: its writer has ended. */
  readonly settled: number;
  /** The ends of the chains that no seal has. */
  readonly heads: readonly Head[];
  /** The number of the last seal that was noted here. */
  readonly seals: number;
}

/**
 * Counts the events of both spaces and all processes, and remembers the ends of their chains until they are sealed. Every method
 * rejects with StoreUnavailableError when the database does not answer in time.
 */
export interface AuditLedger {
  state(): Promise<LedgerState>;

  /** A seal of this number has these heads, which are forgotten where their chains have not gone on. */
  sealed(heads: readonly Head[], number: number): Promise<void>;
}

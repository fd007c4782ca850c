/** Counts requests over all processes. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class RateLimitStore {
  /** Counts one more for the key, and returns the count. The counter is forgotten at `expiresAt` (milliseconds since the epoch). */
  abstract count(key: string, expiresAt: number): Promise<number>;
}

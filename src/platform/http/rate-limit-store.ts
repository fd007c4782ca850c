import * as z from 'zod';
import { record, type TableType, time } from '../storage/record-schema';

const counterSchema = record({ count: z.number(), expiresAt: time });

export const counterTable: TableType<z.infer<typeof counterSchema>> = { name: 'rate_limits', schema: counterSchema };

/** Counts requests over all processes. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class RateLimitStore {
  /**
   * Counts one more for the key, or with -1 one less, and returns the count. The key names its window of time: the sweep
   * forgets the counter some time after `expiresAt` (milliseconds since the epoch), no read does.
   */
  abstract count(key: string, expiresAt: number, change?: 1 | -1): Promise<number>;

  /** Whether the key was counted until after `now` (milliseconds since the epoch). */
  abstract has(key: string, now: number): Promise<boolean>;
}

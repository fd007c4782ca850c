import * as z from 'zod';
import { record, type TableType, time } from '../storage/record-schema';

const counterSchema = record({ count: z.number(), expiresAt: time });

export const counterTable: TableType<z.infer<typeof counterSchema>> = { name: 'rate_limits', schema: counterSchema };

/** Counts requests over all processes. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class RateLimitStore {
  /**
   * Adds one to the key's counter, or subtracts one with -1, and returns it. The key names its time window: the sweep removes
   * the counter some time after `expiresAt` (milliseconds since the epoch); reads do not check it.
   */
  abstract count(key: string, expiresAt: number, change?: 1 | -1): Promise<number>;

  /** Whether the key has a counter that expires after `now` (milliseconds since the epoch). */
  abstract has(key: string, now: number): Promise<boolean>;
}

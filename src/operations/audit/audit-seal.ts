import * as z from 'zod';
import { record, type RecordType } from '../../platform/storage/record-schema';

const seq = z.int().min(0);

const headSchema = z.object({
  space: z.enum(['audit', 'audit_security']),
  chain: seq,
  seq,
  hash: z.string(),
  /** Its writer has ended orderly. */
  ended: z.literal(true).optional(),
});

/** What a seal says. */
export const sealSchema = z.object({
  /** Counts the seals of all processes from 1, so that one that is missing is noticed. */
  number: z.int().min(1),
  /** Milliseconds since the epoch. */
  time: z.number(),
  /** The ends of chains. */
  heads: z.array(headSchema),
  /** The `seq` up to which the service has removed the events of each space. */
  removed: z.object({ audit: seq, audit_security: seq }),
  /** The number of the oldest seal that the service has not removed. */
  first: z.int().min(1),
});

export type Seal = z.infer<typeof sealSchema>;

/** The seal as it is stored: signed claims in JWS compact serialization. Source: RFC 7515 §3.1. */
const sealRecordSchema = record({ number: z.number(), seal: z.string() });

export type SealRecord = z.infer<typeof sealRecordSchema>;

const digits = `${Number.MAX_SAFE_INTEGER}`.length;

export const sealRecords: RecordType<SealRecord> = {
  name: 'audit_seals',
  schema: sealRecordSchema,
  key: ({ number }) => sealKey(number),
};

/** Sorts by the number. */
export function sealKey(number: number): string {
  return `${number}`.padStart(digits, '0');
}

import * as z from 'zod';
import { nameComponent } from '../../platform/storage/index-name';
import { hash, list, optional, record, type RecordType, time } from '../../platform/storage/record-schema';
import { authenticationSchema } from '../identity/authentication';
import { accessEndSchema } from './challenge-end';

export type SessionClient = z.infer<typeof sessionClientSchema>;

const sessionClientSchema = record({
  sid: z.string(),
  clientId: z.string(),
});

const session = {
  /** What names the session: of a wallet login derived from its challenge, otherwise random. */
  id: z.string(),
  /** SHA-256 of the secret in the cookie, base64url; absent of one that was replaced. */
  secretHash: optional(hash),
  authentication: authenticationSchema,
  createdAt: time,
  expiresAt: time,
  /** Where it began, as far as a person needs to tell it from others: `Firefox on Linux`. */
  browser: optional(z.string()),
  /** The range of IP addresses that it began from: `203.0.113.0/24`. */
  network: optional(z.string()),
  /** Of a wallet login: the EIP-191 hash of the message that was signed, base64url. */
  messageHash: optional(hash),
  /** Of the login of a smart account: SHA-256 of the signature, base64url, by which a replay is recognised. */
  signatureHash: optional(hash),
  /**
   * The sessions of the same subject whose place it took in its browser, the latest first: what they gave ends with it. The
   * latest alone has them.
   */
  replaced: optional(list(z.string())),
  /** Those to be told when it ends, by the sid of their ID tokens: its own, or that of one that it replaced. */
  clients: optional(list(sessionClientSchema)),
  /** The ends of clients' access while it lived, the latest last; a code says which of its client its session knew of. */
  accessEnds: optional(list(accessEndSchema)),
};
const sessionSchema = record(session);
const sessionRecordSchema = record({ ...session, endedAt: optional(time) });

/** A browser that has logged in. Times are in milliseconds since the epoch. */
export type Session = z.infer<typeof sessionSchema>;

/** Present in `endedAt`: it has ended, and is remembered. */
export type SessionRecord = z.infer<typeof sessionRecordSchema>;

/** One that has ended is found by its id alone. */
export const sessionRecords: RecordType<SessionRecord> = {
  name: 'sessions',
  schema: sessionRecordSchema,
  key: 'id',
  namesOf: ({ authentication, endedAt }) => (endedAt === undefined ? [nameComponent(authentication.sub)] : []),
};

import * as z from 'zod';
import { nameComponent } from '../../platform/storage/index-name';
import { hash, list, optional, record, type RecordType, time } from '../../platform/storage/record-schema';
import { authenticationSchema } from '../identity/authentication';
import { accessEndSchema } from './not-before';

export type SessionClient = z.infer<typeof sessionClientSchema>;

const sessionClientSchema = record({
  sid: z.string(),
  clientId: z.string(),
});

const session = {
  /** Derived from the challenge for a login by wallet or passkey, otherwise random. */
  id: z.string(),
  /** SHA-256 of the cookie's secret, base64url; absent after the session was replaced. */
  secretHash: optional(hash),
  authentication: authenticationSchema,
  createdAt: time,
  expiresAt: time,
  /** The browser, for the end-user to recognise: `Firefox on Linux`. */
  browser: optional(z.string()),
  /** The network range that it began from: `203.0.113.0/24`. */
  network: optional(z.string()),
  /** Wallet login: EIP-191 hash of the signed message, base64url. */
  messageHash: optional(hash),
  /** Contract account, linked wallet or passkey: SHA-256 of the signature, base64url, which identifies a replay. */
  signatureHash: optional(hash),
  /**
   * Earlier sessions of the same subject that this one replaced in its browser, latest first; their grants end with this one.
   * Only the latest session lists them.
   */
  replaced: optional(list(z.string())),
  /** Clients to notify when it ends, by the `sid` of their ID tokens: of this session or of a replaced one. */
  clients: optional(list(sessionClientSchema)),
  /** Ends of clients' access during the session, the latest last; each code records the latest one of its client. */
  accessEnds: optional(list(accessEndSchema)),
};
const sessionSchema = record(session);
const sessionRecordSchema = record({ ...session, endedAt: optional(time) });

/** A browser that has logged in. Times are in milliseconds since the epoch. */
export type Session = z.infer<typeof sessionSchema>;

/** `endedAt` present: the session has ended, and its record is kept. */
export type SessionRecord = z.infer<typeof sessionRecordSchema>;

/** An ended session is found by its id alone. */
export const sessionRecords: RecordType<SessionRecord> = {
  name: 'sessions',
  schema: sessionRecordSchema,
  key: 'id',
  namesOf: ({ authentication, endedAt }) => (endedAt === undefined ? [nameComponent(authentication.sub)] : []),
};

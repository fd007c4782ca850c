import * as z from 'zod';
import { hash, optional, record, type RecordType, time } from '../../../platform/storage/record-schema';
import type { RecordDatabase, Records } from '../../../platform/storage/records';

/** A browser that has shown a token of the administration. */
export type ConsoleSession = z.infer<typeof consoleSessionSchema>;

const consoleSessionSchema = record({
  /** SHA-256 of the cookie's secret, base64url. */
  id: hash,
  /** An operator's id, or `bootstrap`. */
  operatorId: z.string(),
  /** Of an operator: the hash of the shown token, so that the session ends with it. */
  tokenHash: optional(hash),
  createdAt: time,
  expiresAt: time,
});

export const consoleSessionRecords: RecordType<ConsoleSession> = {
  name: 'console_sessions',
  schema: consoleSessionSchema,
  key: 'id',
};

/** The sessions of the console. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export class ConsoleSessionStore {
  private readonly sessions: Records<ConsoleSession>;

  constructor(database: RecordDatabase) {
    this.sessions = database.records(consoleSessionRecords);
  }

  async begin(session: ConsoleSession): Promise<void> {
    await this.sessions.save(session);
  }

  /** The session, unless it has ended, or has expired at `now`. */
  async find(id: string, now: number): Promise<ConsoleSession | undefined> {
    const session = await this.sessions.find({ key: id });
    return session !== undefined && session.expiresAt > now ? session : undefined;
  }

  async end(id: string): Promise<void> {
    await this.sessions.remove({ key: id });
  }
}

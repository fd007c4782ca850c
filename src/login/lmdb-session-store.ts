import { lookAgain } from '../storage/look-again';
import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import { type Session, SessionIdTakenError, SessionStore } from './session-store';

type SessionRecord = Session & { readonly endedAt?: number };

export class LmdbSessionStore extends SessionStore {
  private readonly sessions: LmdbTable<SessionRecord>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.sessions = database.table('sessions');
  }

  async begin(session: Session): Promise<void> {
    await this.database.write(() => {
      if (this.sessions.has(session.id)) throw new SessionIdTakenError();
      this.sessions.put(session.id, session);
    });
  }

  async find(id: string, now: number): Promise<Session | undefined> {
    const session = this.sessions.getFresh(id);
    return session !== undefined && session.endedAt === undefined && session.expiresAt > now ? session : undefined;
  }

  async isKnown(id: string): Promise<boolean> {
    return (await lookAgain(async () => this.sessions.getFresh(id))) !== undefined;
  }

  async end(id: string, now: number): Promise<void> {
    await this.database.write(() => {
      const session = this.sessions.get(id);
      if (session !== undefined) this.sessions.put(id, { ...session, endedAt: now });
    });
  }
}

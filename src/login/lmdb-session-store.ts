import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import { type Session, SessionStore } from './session-store';

export class LmdbSessionStore extends SessionStore {
  private readonly sessions: LmdbTable<Session>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.sessions = database.table('sessions');
  }

  async save(session: Session): Promise<void> {
    await this.database.write(() => this.sessions.put(session.id, session));
  }

  async find(id: string, now: number): Promise<Session | undefined> {
    const session = this.sessions.getFresh(id);
    return session !== undefined && session.expiresAt > now ? session : undefined;
  }

  async remove(id: string): Promise<void> {
    await this.database.write(() => this.sessions.remove(id));
  }
}

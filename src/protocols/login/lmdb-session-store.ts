import { nameComponent } from '../../platform/storage/index-name';
import { lookAgain } from '../../platform/storage/look-again';
import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import { indexedPage } from '../../platform/storage/lmdb-page';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import type { Page, PageRequest } from '../../platform/storage/page';
import { type AccessEnd, accessEndsAtMost } from '../../domain/challenges/challenge-end';
import { type Session, type SessionClient, type SessionRecord, sessionRecords } from '../../domain/challenges/session';
import { endedSessionKeptMs, sessionClientsAtMost, SessionIdTakenError, SessionStore } from './session-store';

const batch = 500;

export class LmdbSessionStore extends SessionStore {
  private readonly sessions: LmdbTable<SessionRecord>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.sessions = database.table(sessionRecords);
  }

  async begin(session: Session): Promise<void> {
    await this.database.write(() => {
      if (this.sessions.has(session.id)) throw new SessionIdTakenError();
      this.sessions.put(session.id, session);
    });
  }

  async find(id: string, now: number): Promise<Session | undefined> {
    const session = this.sessions.getFresh(id);
    return isAlive(session, now) ? session : undefined;
  }

  async findKnown(id: string): Promise<Session | undefined> {
    const found = await lookAgain(async () => this.sessions.getFresh(id));
    if (found === undefined) return undefined;
    const { endedAt: _endedAt, ...session } = found;
    return session;
  }

  async addClient(id: string, client: SessionClient): Promise<void> {
    await this.database.write(() => {
      const session = this.sessions.get(id);
      if (session === undefined || session.endedAt !== undefined) return;
      const { clients = [] } = session;
      const isThere = clients.some(({ sid, clientId }) => sid === client.sid && clientId === client.clientId);
      if (isThere || clients.length >= sessionClientsAtMost) return;
      this.sessions.put(id, { ...session, clients: [...clients, client] });
    });
  }

  async endAccess(sub: string, end: AccessEnd): Promise<void> {
    const name = nameComponent(sub);
    for (let places = this.sessions.indexedFresh(name, batch); places.length > 0;) {
      await this.database.write(() => {
        for (const { key } of places) {
          const session = this.sessions.get(key);
          if (session?.authentication.sub !== sub || session.endedAt !== undefined) continue;
          const accessEnds = [...(session.accessEnds ?? []), end].slice(-accessEndsAtMost);
          this.sessions.put(key, { ...session, accessEnds });
        }
      });
      places = this.sessions.indexedFresh(name, batch, places.at(-1));
    }
  }

  async list(sub: string | undefined, page: PageRequest, now: number): Promise<Page<Session>> {
    const isListed = (session: SessionRecord): session is SessionRecord =>
      isAlive(session, now) && (sub === undefined || session.authentication.sub === sub);
    return indexedPage(this.sessions, sub === undefined ? '' : nameComponent(sub), page, isListed);
  }

  async end(id: string, now: number): Promise<boolean> {
    return this.database.write(() => this.endIn(id, now, (session) => session));
  }

  async endReplaced(id: string, now: number): Promise<boolean> {
    return this.database.write(() => this.endIn(id, now, withoutBrowser));
  }

  private endIn(id: string, now: number, kept: (session: SessionRecord) => SessionRecord): boolean {
    const session = this.sessions.get(id);
    if (session === undefined || session.endedAt !== undefined) return false;
    const expiresAt = Math.max(session.expiresAt, now + endedSessionKeptMs);
    this.sessions.put(id, { ...kept(session), expiresAt, endedAt: now });
    return true;
  }
}

function withoutBrowser(session: SessionRecord): SessionRecord {
  const {
    secretHash: _secretHash,
    browser: _browser,
    network: _network,
    replaced: _replaced,
    clients: _clients,
    accessEnds: _accessEnds,
    ...rest
  } = session;
  return rest;
}

function isAlive(session: SessionRecord | undefined, now: number): session is Session {
  return session !== undefined && session.endedAt === undefined && session.expiresAt > now;
}

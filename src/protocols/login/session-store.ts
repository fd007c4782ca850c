import { type AccessEnd, accessEndsAtMost } from '../../domain/challenges/not-before';
import { type Session, type SessionClient, type SessionRecord, sessionRecords } from '../../domain/challenges/session';
import { nameComponent } from '../../platform/storage/index-name';
import { decodePlace, encodePlace, type Page, type PageRequest } from '../../platform/storage/page';
import type { RecordDatabase, Records } from '../../platform/storage/records';

/** Most clients that are notified of one session's end. */
export const sessionClientsAtMost = 50;

/**
 * Milliseconds that an ended session is kept at least: longer than any code of it lives, because a code is redeemed unless its
 * session is known to have ended.
 */
export const endedSessionKeptMs = 660_000;

const batch = 500;

/** The sessions of browsers. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export class SessionStore {
  private readonly sessions: Records<SessionRecord>;

  constructor(database: RecordDatabase) {
    this.sessions = database.records(sessionRecords);
  }

  /** Stores the session. Throws: {@link SessionIdTakenError}. */
  async begin(session: Session): Promise<void> {
    if (!(await this.sessions.add(session))) throw new SessionIdTakenError();
  }

  /** The session, unless it has ended, or has expired at `now`. */
  async find(id: string, now: number): Promise<Session | undefined> {
    const session = await this.sessions.find({ key: id });
    return session !== undefined && isAlive(session, now) ? session : undefined;
  }

  /** The session, even if it has ended, also while a challenge becomes one. */
  async findKnown(id: string): Promise<Session | undefined> {
    const found = await this.sessions.findSuccessor(id);
    if (found === undefined) return undefined;
    const { endedAt: _endedAt, ...session } = found;
    return session;
  }

  /** Adds a client to notify when the session ends; does nothing if it is listed or the list is full. */
  async addClient(id: string, client: SessionClient): Promise<void> {
    await this.sessions.change({ key: id }, (session) => {
      const { clients = [], endedAt } = session;
      const isThere = clients.some(({ sid, clientId }) => sid === client.sid && clientId === client.clientId);
      if (endedAt !== undefined || isThere || clients.length >= sessionClientsAtMost) return undefined;
      return { ...session, clients: [...clients, client] };
    });
  }

  /** Makes the session look older, for the comparison, whose attacks do not wait. */
  async backdate(id: string, milliseconds: number): Promise<void> {
    await this.sessions.change({ key: id }, (session) => ({ ...session, createdAt: session.createdAt - milliseconds }));
  }

  /**
   * Records in every session of the subject that the client's access has ended. Once it resolves, no code issued from an
   * earlier state of a session becomes a grant. Beyond `accessEndsAtMost` ends the earliest are dropped.
   */
  async endAccess(sub: string, end: AccessEnd): Promise<void> {
    const withEnd = (session: SessionRecord) => {
      if (session.authentication.sub !== sub || session.endedAt !== undefined) return undefined;
      return { ...session, accessEnds: [...(session.accessEnds ?? []), end].slice(-accessEndsAtMost) };
    };
    for (let last: string | undefined; ;) {
      const read = await this.sessions.listNamed(nameComponent(sub), batch, last);
      await Promise.all(read.map(({ id }) => this.sessions.change({ key: id }, withEnd)));
      last = read.at(-1)?.id;
      if (last === undefined) return;
    }
  }

  /** The sessions of a subject, or all, that are live at `now`, page by page, ordered by id. Throws: PlaceUnknownError. */
  async list(sub: string | undefined, { limit, after }: PageRequest, now: number): Promise<Page<Session>> {
    const items: Session[] = [];
    for (let last = after === undefined ? undefined : decodePlace(after, 1)[0]; ;) {
      const read = await (sub === undefined
        ? this.sessions.page(limit + 1, last)
        : this.sessions.listNamed(nameComponent(sub), limit + 1, last));
      for (const session of read) {
        if (!isAlive(session, now) || (sub !== undefined && session.authentication.sub !== sub)) continue;
        const next = items.length === limit ? items.at(-1)?.id : undefined;
        if (next !== undefined) return { items, next: encodePlace(next) };
        items.push(session);
      }
      last = read.at(-1)?.id;
      if (last === undefined) return { items };
    }
  }

  /**
   * Ends the session and its codes; true when it had not ended before. Its record is kept until it would have expired, and for
   * at least `endedSessionKeptMs`.
   */
  async end(id: string, now: number): Promise<boolean> {
    return (await this.sessions.change({ key: id }, (session) => ended(session, now))) !== undefined;
  }

  /**
   * As {@link end}, for a session that another one has replaced: that one lists it in `replaced`, and this record shrinks to
   * what replay detection needs.
   */
  async endReplaced(id: string, now: number): Promise<boolean> {
    const replaced = (session: SessionRecord) => ended(withoutBrowser(session), now);
    return (await this.sessions.change({ key: id }, replaced)) !== undefined;
  }
}

/** The record of the session that ends, or undefined when it has ended before. */
function ended(session: SessionRecord, now: number): SessionRecord | undefined {
  if (session.endedAt !== undefined) return undefined;
  return { ...session, expiresAt: Math.max(session.expiresAt, now + endedSessionKeptMs), endedAt: now };
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

function isAlive({ endedAt, expiresAt }: SessionRecord, now: number): boolean {
  return endedAt === undefined && expiresAt > now;
}

export class SessionIdTakenError extends Error {
  constructor() {
    super('A session with this id exists');
  }
}

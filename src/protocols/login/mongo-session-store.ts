import { type AccessEnd, accessEndsAtMost } from '../../domain/challenges/challenge-end';
import { type Session, type SessionClient, type SessionRecord, sessionRecords } from '../../domain/challenges/session';
import { lookAgain } from '../../platform/storage/look-again';
import { equal, type Filter, MongoCollection, mongoModel, type Update } from '../../platform/storage/mongo-collection';
import type { MongoDatabase } from '../../platform/storage/mongo-database';
import { decodePlace, encodePlace, type Page, type PageRequest } from '../../platform/storage/page';
import { endedSessionKeptMs, sessionClientsAtMost, SessionIdTakenError, SessionStore } from './session-store';

export const sessionModel = mongoModel(sessionRecords, [[{ 'authentication.sub': 1, _id: 1 }]]);

export class MongoSessionStore extends SessionStore {
  private readonly sessions: MongoCollection<SessionRecord>;

  constructor({ connection }: MongoDatabase) {
    super();
    this.sessions = new MongoCollection(connection, sessionRecords);
  }

  async begin(session: Session): Promise<void> {
    if (!(await this.sessions.insert(session))) throw new SessionIdTakenError();
  }

  async find(id: string, now: number): Promise<Session | undefined> {
    return this.sessions.find({ ...living({ _id: id }), expiresAt: { $gt: new Date(now) } });
  }

  async findKnown(id: string): Promise<Session | undefined> {
    const found = await lookAgain(() => this.sessions.find(equal({ _id: id })));
    if (found === undefined) return undefined;
    const { endedAt: _endedAt, ...session } = found;
    return session;
  }

  async addClient(id: string, { sid, clientId }: SessionClient): Promise<void> {
    const hasRoom = { ...living({ _id: id }), [`clients.${sessionClientsAtMost - 1}`]: { $exists: false } };
    await this.sessions.update(hasRoom, { $addToSet: { clients: { sid, clientId } } });
  }

  async endAccess(sub: string, end: AccessEnd): Promise<void> {
    const $push = { accessEnds: { $each: [end], $slice: -accessEndsAtMost } };
    await this.sessions.updateAll(living({ 'authentication.sub': sub }), { $push });
  }

  async list(sub: string | undefined, { limit, after }: PageRequest, now: number): Promise<Page<Session>> {
    const [last = ''] = after === undefined ? [] : decodePlace(after, 1);
    const ofSubject = living(sub === undefined ? {} : { 'authentication.sub': sub });
    const filter: Filter = { ...ofSubject, _id: { $gt: last }, expiresAt: { $gt: new Date(now) } };
    const found = await this.sessions.list(filter, { sort: { _id: 1 }, limit: limit + 1 });
    const next = found.length > limit ? found[limit - 1] : undefined;
    return { items: found.slice(0, limit), ...(next !== undefined && { next: encodePlace(next.id) }) };
  }

  async end(id: string, now: number): Promise<boolean> {
    return this.sessions.update(living({ _id: id }), endedAt(now));
  }

  async endReplaced(id: string, now: number): Promise<boolean> {
    const $unset = { secretHash: '', browser: '', network: '', replaced: '', clients: '', accessEnds: '' };
    return this.sessions.update(living({ _id: id }), { ...endedAt(now), $unset });
  }
}

function living(fields: Readonly<Record<string, string>>): Filter {
  return { ...equal(fields), endedAt: { $exists: false } };
}

function endedAt(now: number): Update {
  return { $set: { endedAt: new Date(now) }, $max: { expiresAt: new Date(now + endedSessionKeptMs) } };
}

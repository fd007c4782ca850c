import { lookAgain } from '../../platform/storage/look-again';
import { withStoreErrors } from '../../platform/storage/mongo-operation';
import { equal, type Filter, type MongoCollection } from '../../platform/storage/mongo-collection';
import type { MongoDatabase } from '../../platform/storage/mongo-database';
import { decodePlace, encodePlace, type Page, type PageRequest } from '../../platform/storage/page';
import type { ChallengeKind } from './challenge';
import { type Grant, type LimitedKind, type RevokedToken, revokedTokensAtMost, grantIdFor } from './grant';
import { type GrantQuery, GrantStore, type Rotated, type RotationMatch } from './grant-store';
import { endedAt, mongoGrants } from './mongo-grants';

const batchSize = 500;
const isLive = { $in: ['access', 'refresh'] satisfies LimitedKind[] };

/** Stores grants in MongoDB; one `findOneAndUpdate` with the whole predicate rotates a refresh token. */
export class MongoGrantStore extends GrantStore {
  private readonly grants: MongoCollection<Grant>;

  constructor(database: MongoDatabase) {
    super();
    this.grants = mongoGrants(database);
  }

  async find(id: string): Promise<Grant | undefined> {
    return this.grants.get(id);
  }

  async findSuccessor(kind: ChallengeKind, challengeId: string): Promise<Grant | undefined> {
    return lookAgain(() => this.find(grantIdFor(kind, challengeId)));
  }

  async list(query: GrantQuery, { limit, after }: PageRequest, now: number): Promise<Page<Grant>> {
    const [session = '', id = ''] = after === undefined ? [] : decodePlace(after, 2);
    const isBehind = isOfClient(query) ? behind(session, id) : { _id: { $gt: id } };
    const predicate = {
      $and: [{ live: isLive, expiresAt: { $gt: new Date(now) }, ...fieldsOf(query) }, isBehind],
    };
    const order: Record<string, 1> = isOfClient(query) ? { sessionId: 1, _id: 1 } : { _id: 1 };
    const found = await this.grants.list(predicate, { sort: order, limit: limit + 1 });
    const last = found.length > limit ? found[limit - 1] : undefined;
    const next = last && encodePlace(last.sessionId ?? '', last.id);
    return { items: found.slice(0, limit), ...(next !== undefined && { next }) };
  }

  async sessionIdsOf(clientId: string, limit: number, after = ''): Promise<string[]> {
    const ids = new Set<string>();
    for (let last = after; ids.size < limit;) {
      const predicate = { ...equal({ clientId }), sessionId: { $gt: last }, live: isLive };
      const options = { sort: { sessionId: 1 }, limit: batchSize, projection: { sessionId: 1 } } as const;
      const found = await this.grants.documents(predicate, options);
      const sessionIds = found.map(({ sessionId }) => String(sessionId));
      for (const sessionId of sessionIds) if (ids.size < limit) ids.add(sessionId);
      if (found.length < batchSize) break;
      last = sessionIds.at(-1) ?? last;
    }
    return [...ids];
  }

  async rotate(id: string, match: RotationMatch, rotated: Rotated, now: number): Promise<Grant | undefined> {
    const { clientId, current, scope, jkt } = match;
    const predicate: Filter = {
      ...alive(id),
      ...equal({ clientId, 'refresh.current': current }),
      'refresh.expiresAt': { $gt: new Date(now) },
      // null stands for an absent field.
      'refresh.jkt': { $in: [null, ...(jkt === undefined ? [] : [jkt])] },
      ...(scope.length > 0 && { scope: { $in: [...scope] } }),
    };
    const change = Object.entries({ ...rotated, rotatedAt: new Date(rotated.rotatedAt) }).map(
      ([field, value]) => [`refresh.${field}`, value] as const,
    );
    const update = { $set: Object.fromEntries(change) };
    const options = { returnDocument: 'after' } as const;
    return this.grants.decode(
      await withStoreErrors(() => this.grants.raw.findOneAndUpdate(predicate, update, options)),
    );
  }

  async backdate(id: string, createdAt: number): Promise<void> {
    await this.grants.update(equal({ _id: id }), { $set: { createdAt: new Date(createdAt) } });
  }

  async revoke(id: string, now: number): Promise<boolean> {
    return this.grants.update(alive(id), endedAt(now));
  }

  async revokeToken(id: string, { jti, expiresAt }: RevokedToken, now: number): Promise<boolean> {
    const expired = { $pull: { revokedTokens: { expiresAt: { $lte: new Date(now) } } } };
    await this.grants.update(alive(id), expired);
    const isThere = { ...alive(id), 'revokedTokens.jti': { $eq: jti } };
    const hasRoom = {
      ...alive(id),
      'revokedTokens.jti': { $ne: jti },
      [`revokedTokens.${revokedTokensAtMost - 1}`]: { $exists: false },
    };
    const change = { $push: { revokedTokens: { jti, expiresAt: new Date(expiresAt) } } };
    return (await this.grants.update(hasRoom, change)) || this.grants.has(isThere);
  }
}

function alive(id: string): Filter {
  return { ...equal({ _id: id }), revokedAt: { $exists: false } };
}

function fieldsOf({ sub, clientId, sessionId, refreshable }: GrantQuery): Filter {
  return {
    ...(sub !== undefined && equal({ 'authentication.sub': sub })),
    ...(clientId !== undefined && equal({ clientId })),
    ...(sessionId !== undefined && equal({ sessionId })),
    ...(refreshable !== undefined && { refresh: { $exists: refreshable } }),
  };
}

/** Whether the query uses the index by client and session. */
function isOfClient({ sub, clientId }: GrantQuery): boolean {
  return sub === undefined && clientId !== undefined;
}

/** What follows a record in the order of sessions and ids; records without a session come first. */
function behind(session: string, id: string): Filter {
  const later = { sessionId: { $gt: session } };
  const same = { sessionId: session === '' ? { $eq: null } : { $eq: session }, _id: { $gt: id } };
  return { $or: [later, same] };
}

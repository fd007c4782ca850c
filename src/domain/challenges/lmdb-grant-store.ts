import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { IndexPlace, LmdbTable } from '../../platform/storage/lmdb-table';
import { decodePlace, encodePlace, type Page, type PageRequest, PlaceUnknownError } from '../../platform/storage/page';
import type { Records } from '../../platform/storage/records';
import type { ChallengeKind } from './challenge';
import { type Grant, type RevokedToken, revokedTokensAtMost, grantIdFor } from './grant';
import { type GrantQuery, GrantStore, type Rotated, type RotationMatch } from './grant-store';
import { belowSessions, clientPrefix, grantTable, ownerPrefix, liveGrants } from './lmdb-grants';

const batch = 200;

/** Stores grants in LMDB, where a challenge becomes its grant in one transaction. */
export class LmdbGrantStore extends GrantStore {
  private readonly grants: LmdbTable<Grant>;
  private readonly records: Records<Grant>;

  constructor(database: LmdbDatabase) {
    super();
    this.grants = database.table(grantTable);
    this.records = database.records(grantTable);
  }

  async find(id: string): Promise<Grant | undefined> {
    return this.grants.getFresh(id);
  }

  async findSuccessor(kind: ChallengeKind, challengeId: string): Promise<Grant | undefined> {
    return this.find(grantIdFor(kind, challengeId));
  }

  async list(query: GrantQuery, { limit, after }: PageRequest, now: number): Promise<Page<Grant>> {
    const prefix = prefixOf(query);
    const items: Grant[] = [];
    let place = after === undefined ? undefined : placeOf(after, prefix);
    for (;;) {
      const places = this.grants.indexedFresh(prefix, batch, place);
      for (const each of places) {
        if (items.length === limit && place !== undefined) return { items, next: encodePlace(place.name, place.key) };
        // Another process may have removed it since.
        const grant = this.grants.get(each.key);
        if (grant !== undefined && isAlive(grant, now) && agrees(grant, query)) items.push(grant);
        place = each;
      }
      if (places.length < batch) return { items };
    }
  }

  async sessionIdsOf(clientId: string, limit: number, after = belowSessions): Promise<string[]> {
    const prefix = clientPrefix(clientId);
    const ids: string[] = [];
    // Only the first entry of each session; skips to the end of its prefix.
    for (let last = after; ids.length < limit; last = ids.at(-1) ?? last) {
      const [next] = this.grants.indexedFresh(prefix, 1, { name: `${prefix}${last}`, key: '~' });
      if (next === undefined) break;
      ids.push(next.name.slice(prefix.length));
    }
    return ids;
  }

  async rotate(id: string, match: RotationMatch, rotated: Rotated, now: number): Promise<Grant | undefined> {
    if (!isRotatable(this.grants.getFresh(id), match, now)) return undefined;
    return this.records.change({ key: id }, (grant) =>
      isRotatable(grant, match, now) ? { ...grant, refresh: { ...grant.refresh, ...rotated } } : undefined,
    );
  }

  async backdate(id: string, createdAt: number): Promise<void> {
    await this.records.change({ key: id }, (grant) => ({ ...grant, createdAt }));
  }

  async revoke(id: string, now: number): Promise<boolean> {
    const revoked = (grant: Grant) => (grant.revokedAt === undefined ? { ...grant, revokedAt: now } : undefined);
    return (await this.records.change({ key: id }, revoked)) !== undefined;
  }

  async revokeToken(id: string, token: RevokedToken, now: number): Promise<boolean> {
    const changed = await this.records.change({ key: id }, (grant) => {
      const others = (grant.revokedTokens ?? []).filter(({ jti, expiresAt }) => jti !== token.jti && expiresAt > now);
      if (grant.revokedAt !== undefined || others.length >= revokedTokensAtMost) return undefined;
      return { ...grant, revokedTokens: [...others, token] };
    });
    return changed !== undefined;
  }
}

function prefixOf({ sub, clientId }: GrantQuery): string {
  if (sub !== undefined) return ownerPrefix(sub, clientId);
  return clientId === undefined ? liveGrants : clientPrefix(clientId);
}

function placeOf(after: string, prefix: string): IndexPlace {
  const [name = '', key = ''] = decodePlace(after, 2);
  if (!name.startsWith(prefix)) throw new PlaceUnknownError();
  return { name, key };
}

function agrees(grant: Grant, { sub, clientId, sessionId, refreshable }: GrantQuery): boolean {
  return (
    (sub === undefined || grant.authentication.sub === sub) &&
    (clientId === undefined || grant.clientId === clientId) &&
    (sessionId === undefined || grant.sessionId === sessionId) &&
    (refreshable === undefined || (grant.refresh !== undefined) === refreshable)
  );
}

function isAlive(grant: Grant, now: number): boolean {
  return grant.revokedAt === undefined && grant.expiresAt > now;
}

function isRotatable(
  grant: Grant | undefined,
  { clientId, current, scope, jkt }: RotationMatch,
  now: number,
): grant is Grant & Required<Pick<Grant, 'refresh'>> {
  if (grant?.refresh === undefined) return false;
  const { refresh } = grant;
  return (
    grant.clientId === clientId &&
    grant.revokedAt === undefined &&
    refresh.current === current &&
    refresh.expiresAt > now &&
    (refresh.jkt === undefined || refresh.jkt === jkt) &&
    (scope.length === 0 || scope.some((name) => grant.scope.includes(name)))
  );
}

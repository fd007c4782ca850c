import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import { indexedPage } from '../../platform/storage/lmdb-page';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import type { Page, PageRequest } from '../../platform/storage/page';
import type { ChallengeKind } from './challenge';
import { type Grant, type RevokedToken, revokedTokensAtMost, successorId } from './grant';
import { type GrantQuery, GrantStore, type Rotated, type RotationMatch } from './grant-store';
import { clientPrefix, grantTable, holderPrefix, holders } from './lmdb-grants';

/** Keeps grants in LMDB, where a challenge and its grant change places in one transaction. */
export class LmdbGrantStore extends GrantStore {
  private readonly grants: LmdbTable<Grant>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.grants = database.table(grantTable);
  }

  async find(id: string): Promise<Grant | undefined> {
    return this.grants.getFresh(id);
  }

  async findSuccessor(kind: ChallengeKind, challengeId: string): Promise<Grant | undefined> {
    return this.find(successorId(kind, challengeId));
  }

  async list(query: GrantQuery, page: PageRequest, now: number): Promise<Page<Grant>> {
    const isListed = (grant: Grant): grant is Grant => isAlive(grant, now) && agrees(grant, query);
    return indexedPage(this.grants, prefixOf(query), page, isListed);
  }

  async sessionIdsOf(clientId: string, limit: number, after = ''): Promise<string[]> {
    const prefix = clientPrefix(clientId);
    const ids: string[] = [];
    // The first entry of each session: those of the same session lie behind its name.
    for (let last = after; ids.length < limit; last = ids.at(-1) ?? last) {
      const [next] = this.grants.indexedFresh(prefix, 1, { name: `${prefix}${last}`, key: '~' });
      if (next === undefined) break;
      ids.push(next.name.slice(prefix.length));
    }
    return ids;
  }

  async rotate(id: string, match: RotationMatch, rotated: Rotated, now: number): Promise<Grant | undefined> {
    if (!isRotatable(this.grants.getFresh(id), match, now)) return undefined;
    return this.database.write(() => {
      const grant = this.grants.get(id);
      if (!isRotatable(grant, match, now)) return undefined;
      const changed = { ...grant, refresh: { ...grant.refresh, ...rotated } };
      this.grants.put(id, changed);
      return changed;
    });
  }

  async backdate(id: string, createdAt: number): Promise<void> {
    await this.database.write(() => {
      const grant = this.grants.get(id);
      if (grant !== undefined) this.grants.put(id, { ...grant, createdAt });
    });
  }

  async revoke(id: string, now: number): Promise<boolean> {
    return this.database.write(() => this.end(id, now));
  }

  async revokeAll(ids: readonly string[], now: number): Promise<string[]> {
    return this.database.write(() => ids.filter((id) => this.end(id, now)));
  }

  async revokeToken(id: string, token: RevokedToken, now: number): Promise<boolean> {
    return this.database.write(() => {
      const grant = this.grants.get(id);
      if (grant === undefined || grant.revokedAt !== undefined) return false;
      const others = (grant.revokedTokens ?? []).filter(({ jti, expiresAt }) => jti !== token.jti && expiresAt > now);
      if (others.length >= revokedTokensAtMost) return false;
      this.grants.put(id, { ...grant, revokedTokens: [...others, token] });
      return true;
    });
  }

  private end(id: string, now: number): boolean {
    const grant = this.grants.get(id);
    if (grant === undefined || grant.revokedAt !== undefined) return false;
    this.grants.put(id, { ...grant, revokedAt: now });
    return true;
  }
}

/** The narrowest part of the index that holds what the query means. */
function prefixOf({ sub, clientId }: GrantQuery): string {
  if (sub !== undefined) return holderPrefix(sub, clientId);
  return clientId === undefined ? holders : clientPrefix(clientId);
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

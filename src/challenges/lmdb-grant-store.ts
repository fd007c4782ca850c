import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import type { ChallengeKind } from './challenge';
import { type FormerId, isFormerId } from './former-records';
import { type Grant, successorId } from './grant';
import { GrantStore, type Rotated, type RotationMatch } from './grant-store';

/** Keeps grants in LMDB, where a challenge and its grant change places in one transaction. */
export class LmdbGrantStore extends GrantStore {
  private readonly grants: LmdbTable<Grant | FormerId>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.grants = database.table('grants');
  }

  async find(id: string): Promise<Grant | undefined> {
    const found = this.grants.getFresh(id);
    const grant = isFormerId(found) ? this.grants.get(found.grantId) : found;
    return isFormerId(grant) ? undefined : grant;
  }

  async findSuccessor(kind: ChallengeKind, challengeId: string): Promise<Grant | undefined> {
    return this.find(successorId(kind, challengeId));
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
      if (grant !== undefined && !isFormerId(grant)) this.grants.put(id, { ...grant, createdAt });
    });
  }

  async revoke(id: string, now: number): Promise<boolean> {
    return this.database.write(() => {
      const grant = this.grants.get(id);
      if (grant === undefined || isFormerId(grant) || grant.revokedAt !== undefined) return false;
      this.grants.put(id, { ...grant, revokedAt: now });
      return true;
    });
  }
}

function isRotatable(
  grant: Grant | FormerId | undefined,
  { clientId, current, scope }: RotationMatch,
  now: number,
): grant is Grant & Required<Pick<Grant, 'refresh'>> {
  if (grant === undefined || isFormerId(grant) || grant.refresh === undefined) return false;
  const { refresh } = grant;
  return (
    grant.clientId === clientId &&
    grant.revokedAt === undefined &&
    refresh.current === current &&
    refresh.expiresAt > now &&
    (scope.length === 0 || scope.some((name) => grant.scope.includes(name)))
  );
}

import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import {
  type FormerId,
  formerIdOf,
  FormerRecords,
  type FormerRefreshToken,
  type FormerTombstone,
  grantOfRefreshToken,
  grantOfTombstone,
  type HashMessage,
  isFormerId,
  loadHashMessage,
  proofOf,
  rotationOf,
  schemaVersion,
} from './former-records';
import type { Grant } from './grant';
import { grantTable } from './lmdb-grants';

const batchSize = 500;

/** Each batch is one write transaction, in which what is moved is written and removed at once. */
export class LmdbFormerRecords extends FormerRecords {
  private readonly meta: LmdbTable<{ version: number }>;
  private readonly grants: LmdbTable<Grant | FormerId>;
  private readonly challenges: LmdbTable<FormerRefreshToken | { kind: string }>;
  private readonly tombstones: LmdbTable<FormerTombstone>;
  private readonly revocations: LmdbTable<{ id: string }>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.meta = database.table('meta');
    this.grants = grantTable(database);
    this.challenges = database.table('challenges');
    this.tombstones = database.table('tombstones');
    this.revocations = database.table('revocations');
  }

  async migrate(now: number): Promise<number> {
    if ((this.meta.getFresh('schema')?.version ?? 1) >= schemaVersion) return 0;
    const hashMessage = await loadHashMessage();
    const moved =
      (await this.each(this.challenges, (_key, challenge) => this.moveToken(challenge))) +
      (await this.each(this.tombstones, (key, tombstone) => this.moveTombstone(key, tombstone, hashMessage))) +
      (await this.each(this.revocations, (key) => this.moveRevocation(key, now)));
    await this.database.write(() => this.meta.put('schema', { version: schemaVersion }));
    return moved;
  }

  private async each<Value extends object>(table: LmdbTable<Value>, move: (key: string, value: Value) => boolean) {
    let moved = 0;
    for (const batch of table.batchesFresh(batchSize)) {
      moved += await this.database.write(() => {
        // Read again: another process may have moved it since.
        const still = batch.filter(({ key }) => table.has(key));
        return still.filter(({ key, value }) => move(key, value)).length;
      });
    }
    return moved;
  }

  private moveToken(challenge: FormerRefreshToken | { kind: string }): boolean {
    if (!isFormerRefreshToken(challenge)) return false;
    const { id, grantId, expiresAt } = challenge;
    const grant = this.grants.get(grantId);
    // Of two live tokens the one with a tombstone is the one that its client holds; see former-records.ts.
    const wasBeingRotated = this.tombstones.has(`refresh_token:${id}`);
    if (!isGrant(grant)) this.grants.put(grantId, grantOfRefreshToken(challenge));
    else if (grant.refresh !== undefined && wasBeingRotated) {
      this.grants.put(grantId, { ...grant, refresh: { ...grant.refresh, current: id } });
    }
    this.grants.put(id, { grantId, expiresAt });
    this.challenges.remove(id);
    return true;
  }

  private moveTombstone(key: string, tombstone: FormerTombstone, hashMessage: HashMessage): boolean {
    if (this.challenges.get(tombstone.id)?.kind !== tombstone.kind) this.addToGrant(tombstone, hashMessage);
    this.tombstones.remove(key);
    return true;
  }

  private addToGrant(tombstone: FormerTombstone, hashMessage: HashMessage): void {
    const { grantId, expiresAt, spentAt, kind, id } = tombstone;
    const grant = this.grants.get(grantId);
    if (kind === 'authorization_code' || kind === 'wallet_challenge') {
      const proof = proofOf(tombstone, hashMessage);
      const known = isGrant(grant) ? { ...grant, proof, createdAt: spentAt } : grantOfTombstone(tombstone, hashMessage);
      this.grants.put(grantId, known);
    }
    if (kind === 'refresh_token' && isGrant(grant) && grant.refresh !== undefined) {
      const { refresh } = grant;
      const isLatest = refresh.current !== id && (refresh.rotatedAt ?? 0) < spentAt;
      if (isLatest) this.grants.put(grantId, { ...grant, refresh: { ...refresh, ...rotationOf(tombstone) } });
    }
    const formerId = formerIdOf(tombstone);
    if (formerId !== undefined) this.grants.put(formerId, { grantId, expiresAt });
  }

  private moveRevocation(grantId: string, now: number): boolean {
    const grant = this.grants.get(grantId);
    if (isGrant(grant)) this.grants.put(grantId, { ...grant, revokedAt: grant.revokedAt ?? now });
    this.revocations.remove(grantId);
    return true;
  }
}

function isGrant(record: Grant | FormerId | undefined): record is Grant {
  return record !== undefined && !isFormerId(record);
}

function isFormerRefreshToken(challenge: { kind: string }): challenge is FormerRefreshToken {
  return challenge.kind === 'refresh_token';
}

import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import { RevocationStore } from './revocation-store';

interface Revocation {
  readonly id: string;
  readonly expiresAt: number;
}

export class LmdbRevocationStore extends RevocationStore {
  private readonly revocations: LmdbTable<Revocation>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.revocations = database.table('revocations');
  }

  async revoke(id: string, expiresAt: number): Promise<void> {
    await this.database.write(() => {
      const standing = this.revocations.get(id);
      this.revocations.put(id, { id, expiresAt: Math.max(expiresAt, standing?.expiresAt ?? 0) });
    });
  }

  async isRevoked(ids: readonly string[], now: number): Promise<boolean> {
    return ids.some((id) => (this.revocations.getFresh(id)?.expiresAt ?? 0) > now);
  }
}

import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import type { ChallengeKind } from './challenge';
import { type Tombstone, TombstoneStore } from './tombstone-store';

export class LmdbTombstoneStore extends TombstoneStore {
  private readonly tombstones: LmdbTable<Tombstone>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.tombstones = database.table('tombstones');
  }

  async leave(tombstone: Tombstone): Promise<Tombstone> {
    const key = keyOf(tombstone.kind, tombstone.id);
    return this.database.write(() => {
      const stored = { ...(this.tombstones.get(key) ?? tombstone), spentAt: tombstone.spentAt };
      this.tombstones.put(key, stored);
      return stored;
    });
  }

  async find(kind: ChallengeKind, id: string, now: number): Promise<Tombstone | undefined> {
    const tombstone = this.tombstones.getFresh(keyOf(kind, id));
    return tombstone !== undefined && tombstone.expiresAt > now ? tombstone : undefined;
  }
}

function keyOf(kind: ChallengeKind, id: string): string {
  return `${kind}:${id}`;
}

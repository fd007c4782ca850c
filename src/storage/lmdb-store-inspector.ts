import type { LmdbDatabase } from './lmdb-database';
import { type InspectedCollection, type InspectedRecord, StoreInspector } from './store-inspector';

interface Dated {
  readonly createdAt?: number;
  readonly spentAt?: number;
  readonly expiresAt?: number;
}

export class LmdbStoreInspector extends StoreInspector {
  constructor(private readonly database: LmdbDatabase) {
    super();
  }

  async ping(): Promise<void> {
    // A write transaction, because a full disk or a lost directory shows only there.
    await this.database.write(() => undefined);
  }

  async list(collection: InspectedCollection, limit: number): Promise<InspectedRecord[]> {
    const entries = this.database.table<Dated>(collection).entriesFresh();
    return entries
      .toSorted((a, b) => newness(b.value) - newness(a.value))
      .slice(0, limit)
      .map(({ key, value }) => ({ id: key, ...value }));
  }

  async count(collection: InspectedCollection): Promise<number> {
    return this.database.table(collection).countFresh();
  }

  async countKinds(limit: number): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const { value } of this.database.table<{ kind: string }>('challenges').entriesFresh(limit)) {
      counts[value.kind] = (counts[value.kind] ?? 0) + 1;
    }
    return counts;
  }
}

function newness({ createdAt, spentAt, expiresAt }: Dated): number {
  return createdAt ?? spentAt ?? expiresAt ?? 0;
}

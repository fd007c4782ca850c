import type { LmdbDatabase } from './lmdb-database';
import { type InspectedCollection, type InspectedRecord, StoreInspector } from './store-inspector';

export class LmdbStoreInspector extends StoreInspector {
  constructor(private readonly database: LmdbDatabase) {
    super();
  }

  async ping(): Promise<void> {
    // A write transaction, because a full disk or a lost directory shows only there.
    await this.database.write(() => this.database.table<InspectedRecord>('challenges').count());
  }

  async list(collection: InspectedCollection, limit: number): Promise<InspectedRecord[]> {
    const records = [...this.database.table<InspectedRecord & { createdAt?: number }>(collection).values()];
    return records.toSorted((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0)).slice(0, limit);
  }

  async count(collection: InspectedCollection): Promise<number> {
    return this.database.table(collection).count();
  }
}

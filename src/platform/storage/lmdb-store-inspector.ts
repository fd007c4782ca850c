import type { LmdbDatabase } from './lmdb-database';
import { type InspectedRecord, StoreInspector, type StoreSpace, walkedAtMost } from './store-inspector';

interface Dated {
  readonly createdAt?: number;
  readonly expiresAt?: number;
}

export class LmdbStoreInspector extends StoreInspector {
  constructor(private readonly database: LmdbDatabase) {
    super();
  }

  async ping(): Promise<void> {
    // A write transaction, because a full disk or a lost directory only shows there.
    await this.database.write(() => undefined);
  }

  async list(collection: string, limit: number): Promise<InspectedRecord[]> {
    const entries = this.database.tableNamed(collection).entriesFresh(walkedAtMost);
    return entries
      .toSorted((a, b) => newness(b.value) - newness(a.value))
      .slice(0, limit)
      .map(({ key, value }) => ({ id: key, ...value }));
  }

  async count(collection: string): Promise<number> {
    return this.database.tableNamed(collection).countFresh();
  }

  async countBy(collection: string, field: string, limit: number): Promise<Readonly<Record<string, number>>> {
    const counts = new Map<string, number>();
    for (const { value } of this.database.tableNamed(collection).entriesFresh(limit)) {
      const counted = String(Reflect.get(value, field));
      counts.set(counted, (counts.get(counted) ?? 0) + 1);
    }
    return Object.fromEntries(counts);
  }

  async space(): Promise<StoreSpace> {
    return this.database.space();
  }

  /** The embedded store uses this machine's clock. */
  async clockOffset(): Promise<number> {
    return 0;
  }
}

function newness({ createdAt, expiresAt }: Dated): number {
  return createdAt ?? expiresAt ?? 0;
}

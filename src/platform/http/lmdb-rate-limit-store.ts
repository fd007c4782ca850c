import type { LmdbDatabase } from '../storage/lmdb-database';
import { counterTable, RateLimitStore } from './rate-limit-store';

export class LmdbRateLimitStore extends RateLimitStore {
  private readonly counters;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.counters = database.table(counterTable);
  }

  async count(key: string, expiresAt: number, change = 1): Promise<number> {
    return this.database.write(() => {
      const count = (this.counters.get(key)?.count ?? 0) + change;
      this.counters.put(key, { count, expiresAt });
      return count;
    });
  }

  async has(key: string, now: number): Promise<boolean> {
    return (this.counters.getFresh(key)?.expiresAt ?? 0) > now;
  }
}

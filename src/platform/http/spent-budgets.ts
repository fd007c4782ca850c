/** Most remembered keys; about a megabyte. */
const rememberedKeys = 10_000;

/**
 * Budgets that this process knows to be spent. Entries need no expiry, because a key names its time window. The oldest are
 * evicted, and counted once more when they return.
 */
export class SpentBudgets {
  private readonly keys = new Set<string>();

  constructor(private readonly atMost = rememberedKeys) {}

  has(key: string): boolean {
    return this.keys.has(key);
  }

  add(key: string): void {
    this.keys.add(key);
    if (this.keys.size <= this.atMost) return;
    for (const oldest of this.keys) {
      this.keys.delete(oldest);
      return;
    }
  }

  remove(key: string): void {
    this.keys.delete(key);
  }
}

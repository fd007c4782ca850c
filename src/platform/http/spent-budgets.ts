/** So many keys are remembered; about a megabyte. */
const rememberedKeys = 10_000;

/**
 * The budgets that this process knows to be spent. A key names its window of time, so that it never has to be forgotten;
 * of more than are remembered the oldest go, and are counted once more when they come again.
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

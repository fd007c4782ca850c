/** One item, whose it is, and the how-manieth attempt comes next. */
export interface Queued<Item> {
  readonly item: Item;
  readonly owner: string;
  readonly attempt: number;
}

/** What waits for one key. Its owners take turns, so that none waits for all that another one has there. */
export class QueueOfKey<Item> {
  /** Waiting, left alone or under way. */
  items = 0;
  underWay = 0;
  /** Attempts in a row that were not answered. */
  unanswered = 0;
  isLeftAlone = false;
  /** Those that wait for a slot. */
  size = 0;
  /** Those that were refused and are left alone, by what ends that; the first that was comes first. */
  readonly refused = new Map<NodeJS.Timeout, Item>();
  /** The owner whose turn is next first. */
  private readonly waiting = new Map<string, Queued<Item>[]>();

  constructor(readonly key: string) {}

  /** Those that are not under way, and may be given up. */
  get idle(): number {
    return this.size + this.refused.size;
  }

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  clear(): void {
    this.waiting.clear();
    this.size = 0;
  }

  push(entry: Queued<Item>): void {
    this.size += 1;
    const ofOwner = this.waiting.get(entry.owner);
    if (ofOwner === undefined) this.waiting.set(entry.owner, [entry]);
    else ofOwner.push(entry);
  }

  /** The next one, of the owner whose turn it is. */
  shift(): Queued<Item> | undefined {
    for (const [owner, entries] of this.waiting) {
      const entry = entries.shift();
      this.waiting.delete(owner);
      if (entries.length > 0) this.waiting.set(owner, entries);
      this.size -= 1;
      return entry;
    }
    return undefined;
  }
}

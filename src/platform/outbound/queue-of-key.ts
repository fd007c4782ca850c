/** An item with its owner and the number of its next attempt. */
export interface Queued<Item> {
  readonly item: Item;
  readonly owner: string;
  readonly attempt: number;
}

/** The items of one key. Its owners take turns, so that none waits for all of another's. */
export class QueueOfKey<Item> {
  /** Waiting, pausing or under way. */
  items = 0;
  underWay = 0;
  /** Unanswered attempts in a row. */
  unanswered = 0;
  isLeftAlone = false;
  /** Items that wait for a slot. */
  size = 0;
  /** Refused items that pause, by the timer that ends the pause; the earliest first. */
  readonly refused = new Map<NodeJS.Timeout, Item>();
  /** Owners in the order of turns. */
  private readonly waiting = new Map<string, Queued<Item>[]>();

  constructor(readonly key: string) {}

  /** Items that are not under way, and may be dropped. */
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

  /** The next item, of the owner whose turn it is. */
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

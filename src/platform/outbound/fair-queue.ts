import { type Pace, PacedSlots } from './paced-slots';
import { type Queued, QueueOfKey } from './queue-of-key';

/** The result of an attempt: a success, a refusal, no response, or no attempt at all. */
export type Attempted = 'done' | 'refused' | 'unanswered' | 'untried';

export interface FairQueueSettings<Item> {
  /** Attempts under way. */
  readonly atOnce: number;
  /** Makes attempt 1, 2, …; never rejects. `pace`: of the item's key before it. */
  readonly attempt: (item: Item, attempt: number, pace: Pace) => Promise<Attempted>;
  /** Called for an item that is dropped in favour of a key with fewer waiting ones. */
  readonly dropped: (item: Item) => void;
  /** Milliseconds that an item, or a key that does not answer, pauses after each attempt but the last. */
  readonly pausesMs?: readonly number[];
}

const usualPausesMs = [1_000, 15_000];
/** Items of all keys: waiting, pausing or under way. */
const itemsAtMost = 10_000;
/** Attempts under way for one key, and for one that was slow last time. */
const perKey = { usual: 2, slow: 1 } as const;

/**
 * Items that wait for a slot, in a queue per key (a host); the keys take turns. A key that does not answer, or answers late,
 * only holds up its own items: it pauses, and slow keys together get few of the slots.
 */
export class FairQueue<Item> {
  private readonly keys = new Map<string, QueueOfKey<Item>>();
  private readonly slots: PacedSlots<QueueOfKey<Item>>;
  private readonly underWay = new Set<Promise<void>>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly pausesMs: readonly number[];
  private count = 0;
  private isClosing = false;

  constructor(private readonly settings: FairQueueSettings<Item>) {
    this.slots = new PacedSlots(settings.atOnce);
    this.pausesMs = settings.pausesMs ?? usualPausesMs;
  }

  /** False when there is no room. A full queue makes room for a key with fewer waiting items than another. */
  add(key: string, owner: string, item: Item): boolean {
    const queue = this.keys.get(key) ?? new QueueOfKey<Item>(key);
    if (this.count >= itemsAtMost && !this.makeRoomFor(queue)) return false;
    this.keys.set(key, queue);
    queue.items += 1;
    this.count += 1;
    queue.push({ item, owner, attempt: 1 });
    this.line(queue);
    this.begin();
    return true;
  }

  /** Tries the waiting items of answering keys once more within `withinMs`, and drops the rest. */
  async drain(withinMs: number): Promise<void> {
    this.isClosing = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const queue of this.keys.values()) {
      queue.isLeftAlone = false;
      this.line(queue);
    }
    this.begin();
    const deadline = setTimeout(() => this.forget(), withinMs);
    while (this.underWay.size > 0) await Promise.all(this.underWay);
    clearTimeout(deadline);
  }

  private begin(): void {
    for (let queue = this.slots.next(); queue !== undefined; queue = this.slots.next()) {
      const attempt = this.attempt(queue).finally(() => {
        this.underWay.delete(attempt);
        this.begin();
      });
      this.underWay.add(attempt);
      this.line(queue);
    }
  }

  private async attempt(queue: QueueOfKey<Item>): Promise<void> {
    const entry = queue.shift();
    if (entry === undefined) return;
    queue.underWay += 1;
    const pace = this.slots.paceOf(queue.key);
    const give = this.slots.take(queue.key);
    const beganAt = performance.now();
    const attempted = await this.settings.attempt(entry.item, entry.attempt, pace);
    give(attempted === 'untried' ? undefined : performance.now() - beganAt);
    queue.underWay -= 1;
    if (attempted === 'unanswered') this.leaveAlone(queue);
    else if (attempted !== 'untried') queue.unanswered = 0;
    const isOver = attempted === 'done' || attempted === 'untried' || entry.attempt > this.pausesMs.length;
    if (isOver || this.isClosing) this.drop(queue);
    else this.again(queue, entry, attempted);
    this.line(queue);
  }

  /** A refused item pauses by itself, an unanswered one with its whole key. */
  private again(queue: QueueOfKey<Item>, { attempt, ...rest }: Queued<Item>, attempted: Attempted): void {
    const next = { ...rest, attempt: attempt + 1 };
    if (attempted === 'unanswered') return queue.push(next);
    const timer = this.after(this.pauseAfter(attempt), queue, () => {
      queue.refused.delete(timer);
      queue.push(next);
    });
    queue.refused.set(timer, next.item);
  }

  private leaveAlone(queue: QueueOfKey<Item>): void {
    if (queue.isLeftAlone) return;
    // No time is left for another attempt.
    if (this.isClosing) return queue.clear();
    queue.isLeftAlone = true;
    queue.unanswered += 1;
    this.after(this.pauseAfter(queue.unanswered), queue, () => {
      queue.isLeftAlone = false;
      this.forgetIfOver(queue);
    });
  }

  private after(ms: number, queue: QueueOfKey<Item>, work: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
      this.line(queue);
      this.begin();
    }, ms);
    // A command line that is done must not wait for a host that does not answer.
    this.timers.add(timer.unref());
    return timer;
  }

  /** Drops an idle item of the key that has most: the one refused first, or the one that waited longest. */
  private makeRoomFor(queue: QueueOfKey<Item>): boolean {
    let longest = queue;
    for (const each of this.keys.values()) if (each.idle > longest.idle) longest = each;
    const given = longest.idle > queue.idle + 1 ? this.takeIdle(longest) : undefined;
    if (given === undefined) return false;
    this.drop(longest);
    this.line(longest);
    this.settings.dropped(given);
    return true;
  }

  private takeIdle(queue: QueueOfKey<Item>): Item | undefined {
    for (const [timer, item] of queue.refused) {
      clearTimeout(timer);
      this.timers.delete(timer);
      queue.refused.delete(timer);
      return item;
    }
    return queue.shift()?.item;
  }

  private drop(queue: QueueOfKey<Item>): void {
    queue.items -= 1;
    this.count -= 1;
    this.forgetIfOver(queue);
  }

  /** A pausing key stays until its time is over; otherwise its next item would be tried at once. */
  private forgetIfOver(queue: QueueOfKey<Item>): void {
    if (queue.items === 0 && !queue.isLeftAlone) this.keys.delete(queue.key);
  }

  private forget(): void {
    for (const queue of this.keys.values()) {
      queue.clear();
      this.line(queue);
    }
  }

  /** Queues the key for a slot, or removes it if it may have none. */
  private line(queue: QueueOfKey<Item>): void {
    const limit = this.slots.paceOf(queue.key) === 'slow' ? perKey.slow : perKey.usual;
    this.slots.wants(queue, !queue.isEmpty && !queue.isLeftAlone && queue.underWay < limit);
  }

  /** Milliseconds, after this many failed attempts. */
  private pauseAfter(attempts: number): number {
    return this.pausesMs[Math.min(attempts, this.pausesMs.length) - 1] ?? 0;
  }
}

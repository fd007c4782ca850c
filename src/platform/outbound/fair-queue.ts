import { type Pace, PacedSlots } from './paced-slots';
import { type Queued, QueueOfKey } from './queue-of-key';

/** What an attempt showed: an answer, and whether that will do; no answer at all; or nothing, as it was not made. */
export type Attempted = 'done' | 'refused' | 'unanswered' | 'untried';

export interface FairQueueSettings<Item> {
  /** Attempts under way. */
  readonly atOnce: number;
  /** Makes the attempt (1, 2, …), never rejects. `pace`: of the item's key, before it. */
  readonly attempt: (item: Item, attempt: number, pace: Pace) => Promise<Attempted>;
  /** Is told of an item that is given up, for one of a key of which less waits. */
  readonly dropped: (item: Item) => void;
  /** How long an item, or a key that does not answer, is left alone after each attempt but the last, in milliseconds. */
  readonly pausesMs?: readonly number[];
}

const usualPausesMs = [1_000, 15_000];
/** Items of all keys: waiting, left alone or under way. */
const itemsAtMost = 10_000;
/** Attempts under way for one key, and for one that was slow the last time. */
const perKey = { usual: 2, slow: 1 } as const;

/**
 * Items that wait for a slot, in a queue of each key (a host), of which each has its turn. A key that does not answer, or
 * not soon, holds up its own items alone: it is left alone for a while, and those like it share few of the slots.
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

  /** False where there is no room: what is full has room for a key of which less waits than of another. */
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

  /** Tries what waits once more, of keys that answer and as far as `withinMs` goes, and forgets the rest. */
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

  /** One that was refused is left alone by itself, one that was not answered with all of its key. */
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
    // There is no time left in which it could be tried again.
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
    // A command line that has done its work need not wait for what does not answer.
    this.timers.add(timer.unref());
    return timer;
  }

  /** Gives up one of the key of which most is idle: what was refused first, or else has waited longest there, in vain. */
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

  /** One that is left alone stays until its time is over, or its next item would be tried at once. */
  private forgetIfOver(queue: QueueOfKey<Item>): void {
    if (queue.items === 0 && !queue.isLeftAlone) this.keys.delete(queue.key);
  }

  private forget(): void {
    for (const queue of this.keys.values()) {
      queue.clear();
      this.line(queue);
    }
  }

  /** Puts the queue behind the others that want a slot, or takes it away where it may have none. */
  private line(queue: QueueOfKey<Item>): void {
    const limit = this.slots.paceOf(queue.key) === 'slow' ? perKey.slow : perKey.usual;
    this.slots.wants(queue, !queue.isEmpty && !queue.isLeftAlone && queue.underWay < limit);
  }

  /** Milliseconds, after so many attempts in vain. */
  private pauseAfter(attempts: number): number {
    return this.pausesMs[Math.min(attempts, this.pausesMs.length) - 1] ?? 0;
  }
}

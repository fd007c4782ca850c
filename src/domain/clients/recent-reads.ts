import { BoundedCache } from './bounded-cache';
import type { NowOrLater } from './client-store';

interface Kept<Value> {
  readonly value: Value;
  /** Milliseconds since the epoch. */
  readonly readAt: number;
}

/**
 * Remembers what was read a short time ago, of what exists; what does not is asked for each time, so that it is there as
 * soon as any process has written it. Those who ask for the same at once share one read.
 */
export class RecentReads<Value> {
  private readonly kept: BoundedCache<Kept<Value>>;
  private readonly underWay = new Map<string, Promise<Value | undefined>>();

  /**
   * `maxAgeMs` counts from the beginning of a read; of more than `maxEntries`, or more than `maxBytes` by `bytesOf`, the oldest
   * are forgotten.
   */
  constructor(
    private readonly maxAgeMs: number,
    maxEntries: number,
    private readonly bytesOf: (value: Value) => number = () => 0,
    maxBytes = Infinity,
  ) {
    this.kept = new BoundedCache({ entries: maxEntries, bytes: maxBytes });
  }

  /** What is remembered, at once, or else what is read now. `now`: milliseconds since the epoch. */
  get(key: string, now: number, read: () => Promise<Value | undefined>): NowOrLater<Value | undefined> {
    const kept = this.kept.get(key);
    // A clock that was set back must not make it any younger.
    if (kept !== undefined && now >= kept.readAt && now - kept.readAt < this.maxAgeMs) return kept.value;
    return this.underWay.get(key) ?? this.begin(key, now, read());
  }

  /** Has the key read again, also by who asks while a read is under way. */
  forget(key: string): void {
    this.kept.delete(key);
    this.underWay.delete(key);
  }

  forgetAll(): void {
    this.kept.clear();
    this.underWay.clear();
  }

  private begin(key: string, now: number, begun: Promise<Value | undefined>): Promise<Value | undefined> {
    const reading: Promise<Value | undefined> = begun.then(
      (value) => {
        if (this.end(key, reading)) this.keep(key, value, now);
        return value;
      },
      (error: unknown) => {
        this.end(key, reading);
        throw error;
      },
    );
    this.underWay.set(key, reading);
    return reading;
  }

  /** False when the key was forgotten since the read began: what it read may be older than that. */
  private end(key: string, reading: Promise<Value | undefined>): boolean {
    return this.underWay.get(key) === reading && this.underWay.delete(key);
  }

  private keep(key: string, value: Value | undefined, readAt: number): void {
    this.kept.delete(key);
    // What is too old to be taken again takes no room either.
    this.kept.forgetOldestWhile((oldest) => readAt - oldest.readAt >= this.maxAgeMs);
    if (value !== undefined) this.kept.set(key, { value, readAt }, this.bytesOf(value));
  }
}

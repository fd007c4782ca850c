import { BoundedCache } from './bounded-cache';
import type { NowOrLater } from './client-store';

interface Kept<Value> {
  readonly value: Value;
  /** Milliseconds since the epoch. */
  readonly readAt: number;
}

/**
 * Caches recent reads of existing values. A missing value is read each time, so that it is seen as soon as any process has
 * written it. Concurrent requests for one key share one read.
 */
export class RecentReads<Value> {
  private readonly kept: BoundedCache<Kept<Value>>;
  private readonly underWay = new Map<string, Promise<Value | undefined>>();

  /**
   * `maxAgeMs` counts from the beginning of a read. Beyond `maxEntries`, or `maxBytes` measured by `bytesOf`, the oldest are
   * evicted.
   */
  constructor(
    private readonly maxAgeMs: number,
    maxEntries: number,
    private readonly bytesOf: (value: Value) => number = () => 0,
    maxBytes = Infinity,
  ) {
    this.kept = new BoundedCache({ entries: maxEntries, bytes: maxBytes });
  }

  /** The cached value at once, or a new read. `now`: milliseconds since the epoch. */
  get(key: string, now: number, read: () => Promise<Value | undefined>): NowOrLater<Value | undefined> {
    const kept = this.kept.get(key);
    // A clock that was set back must not rejuvenate an entry.
    if (kept !== undefined && now >= kept.readAt && now - kept.readAt < this.maxAgeMs) return kept.value;
    return this.underWay.get(key) ?? this.begin(key, now, read());
  }

  /** Forces a new read of the key, even while one is under way. */
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

  /** False when the key was forgotten since the read began: its result may be outdated. */
  private end(key: string, reading: Promise<Value | undefined>): boolean {
    return this.underWay.get(key) === reading && this.underWay.delete(key);
  }

  private keep(key: string, value: Value | undefined, readAt: number): void {
    this.kept.delete(key);
    // Evicts what is too old to be used.
    this.kept.forgetOldestWhile((oldest) => readAt - oldest.readAt >= this.maxAgeMs);
    if (value !== undefined) this.kept.set(key, { value, readAt }, this.bytesOf(value));
  }
}

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
  /** The oldest first. */
  private readonly kept = new Map<string, Kept<Value>>();
  private readonly underWay = new Map<string, Promise<Value | undefined>>();

  /** `maxAgeMs` counts from the beginning of a read; of more than `maxEntries` the oldest are forgotten. */
  constructor(
    private readonly maxAgeMs: number,
    private readonly maxEntries: number,
  ) {}

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
    if (value === undefined) return;
    this.kept.set(key, { value, readAt });
    if (this.kept.size <= this.maxEntries) return;
    for (const oldest of this.kept.keys()) {
      this.kept.delete(oldest);
      return;
    }
  }
}

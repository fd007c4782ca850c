interface Kept<Value> {
  readonly value: Value;
  readonly bytes: number;
}

/** Caches values by key within two limits; beyond `entries` or `bytes`, the oldest are evicted. */
export class BoundedCache<Value> {
  /** In insertion order, the oldest first. */
  private readonly kept = new Map<string, Kept<Value>>();
  private bytes = 0;

  constructor(private readonly limits: { readonly entries: number; readonly bytes: number }) {}

  get(key: string): Value | undefined {
    return this.kept.get(key)?.value;
  }

  /** `bytes`: the approximate size of the value. A value larger than the whole cache is not stored. */
  set(key: string, value: Value, bytes: number): void {
    this.delete(key);
    this.kept.set(key, { value, bytes });
    this.bytes += bytes;
    this.forgetOldestWhile(() => this.kept.size > this.limits.entries || this.bytes > this.limits.bytes);
  }

  delete(key: string): void {
    this.bytes -= this.kept.get(key)?.bytes ?? 0;
    this.kept.delete(key);
  }

  clear(): void {
    this.kept.clear();
    this.bytes = 0;
  }

  forgetOldestWhile(isOver: (oldest: Value) => boolean): void {
    for (const [key, { value }] of this.kept) {
      if (!isOver(value)) return;
      this.delete(key);
    }
  }
}

/** Approximate size in memory of a value of strings, numbers, lists and objects, in bytes; rather too high than too low. */
export function bytesOf(value: unknown): number {
  if (typeof value === 'string') return 32 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 64;
  for (const part of Object.values(value)) bytes += 24 + bytesOf(part);
  return bytes;
}

/** Counts observed values by upper bounds. */
export class Histogram {
  /** Count for each bucket; the last is for values above every bound. */
  readonly counts: number[];
  count = 0;
  sum = 0;

  /** `bounds`: inclusive upper bounds of the buckets, ascending. */
  constructor(readonly bounds: readonly number[]) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    this.count += 1;
    this.sum += value;
  }
}

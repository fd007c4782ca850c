/** Counts what it observes by upper bounds, as plain numbers. */
export class Histogram {
  /** How many lay in each bucket; the last is that of what lies over every bound. */
  readonly counts: number[];
  count = 0;
  sum = 0;

  /** `bounds`: what a bucket holds at most, ascending. */
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

import type { Labels, Reading } from './reading';

/** The figures of one moment, by metric and labels. */
export interface Sample {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly figures: readonly Figure[];
}

export type Figure = readonly [metric: string, labels: Labels, value: number];

/** A reading of the ring, and what is to be known of it. */
export interface RingReading extends Reading {
  /** The time of the oldest sample there is; undefined before the first. */
  readonly since: number | undefined;
  /** Series that did not fit in. */
  readonly leftOut: number;
}

export const sampleEveryMs = 15_000;
/** An hour of every sample, and a day of every twelfth: with 2,000 series some 12 MB. */
const fineAtMost = 241;
const coarseEvery = 12;
const coarseAtMost = 481;
const seriesAtMost = 2_000;

interface Kept {
  readonly time: number;
  readonly values: Float64Array;
}

/** The samples of the last day, bounded whatever there is to be counted. */
export class Ring {
  private readonly places = new Map<string, number>();
  private readonly series: { readonly metric: string; readonly labels: Labels }[] = [];
  private fine: readonly Kept[] = [];
  private coarse: readonly Kept[] = [];
  private readonly refused = new Set<string>();
  private taken = 0;

  /** Of a series that finds no place the figure is added to that of `client="other"`, if it names a client. */
  add({ time, figures }: Sample): void {
    const kept = this.kept({ time, figures });
    this.fine = ended(this.fine, kept).slice(-fineAtMost);
    if (this.taken % coarseEvery === 0) this.coarse = ended(this.coarse, kept).slice(-coarseAtMost);
    this.taken += 1;
  }

  /** What was sampled since a time, thinned to so many times at most, and the sample `latest` at its end. */
  read(since: number, atMost: number, latest?: Sample): RingReading {
    const oldestFine = this.fine[0]?.time ?? Number.POSITIVE_INFINITY;
    const stored = [...this.coarse.filter(({ time }) => time < oldestFine), ...this.fine];
    const all = latest === undefined ? stored : ended(stored, this.kept(latest));
    const shown = thinned(
      all.filter(({ time }) => time >= since),
      atMost,
    );
    return {
      times: shown.map(({ time }) => time),
      series: this.series.map(({ metric, labels }, at) => ({
        metric,
        labels,
        values: shown.map(({ values }) => figureAt(values, at)),
      })),
      since: all[0]?.time,
      leftOut: this.refused.size,
    };
  }

  private kept({ time, figures }: Sample): Kept {
    const values: number[] = [];
    for (const [metric, labels, value] of figures) {
      const place = this.placeOf(metric, labels);
      if (place !== undefined) values[place] = (values[place] ?? 0) + value;
    }
    return { time, values: Float64Array.from({ length: this.series.length }, (_none, at) => values[at] ?? Number.NaN) };
  }

  private placeOf(metric: string, labels: Labels): number | undefined {
    const key = keyOf(metric, labels);
    const known = this.places.get(key);
    if (known !== undefined) return known;
    if (this.series.length < seriesAtMost) {
      this.places.set(key, this.series.length);
      return this.series.push({ metric, labels }) - 1;
    }
    if (this.refused.size < seriesAtMost) this.refused.add(key);
    return labels['client'] === undefined ? undefined : this.places.get(keyOf(metric, { ...labels, client: 'other' }));
  }
}

function keyOf(metric: string, labels: Labels): string {
  const names = Object.keys(labels).toSorted();
  return JSON.stringify([metric, ...names.flatMap((name) => [name, labels[name]])]);
}

function figureAt(values: Float64Array, at: number): number | null {
  const value = values[at];
  return value === undefined || Number.isNaN(value) ? null : value;
}

/**
 * With the latest in the place of those from just before it, between which and it a rate would mean nothing, and of those
 * after it: the clock was set back. The first stays, or there would be nothing to count from.
 */
function ended(stored: readonly Kept[], latest: Kept): Kept[] {
  const before = stored.filter(
    ({ time }, at) => latest.time - time >= sampleEveryMs / 2 || (at === 0 && time < latest.time),
  );
  return [...before, latest];
}

/** The first, the last, and what lies evenly between. */
function thinned<Each>(all: readonly Each[], atMost: number): Each[] {
  if (all.length <= atMost) return [...all];
  const step = (all.length - 1) / (atMost - 1);
  return Array.from({ length: atMost }, (_none, at) => all[Math.round(at * step)]).filter((each) => each !== undefined);
}

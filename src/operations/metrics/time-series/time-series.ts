import type { Labels, Reading } from './reading';

/** The values of one moment, by metric and labels. */
export interface Sample {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly figures: readonly Figure[];
}

export type Figure = readonly [metric: string, labels: Labels, value: number];

/** A reading with its limits. */
export interface TimeSeriesReading extends Reading {
  /** Time of the oldest sample; undefined before the first. */
  readonly since: number | undefined;
  /** Series that did not fit. */
  readonly leftOut: number;
}

export const sampleEveryMs = 15_000;
/** Every sample of an hour, and every twelfth of a day: some 12 MB with 2,000 series. */
const fineAtMost = 241;
const coarseEvery = 12;
const coarseAtMost = 481;
const seriesAtMost = 2_000;

interface Kept {
  readonly time: number;
  readonly values: Float64Array;
}

/** The samples of the last day in bounded memory. */
export class TimeSeries {
  private readonly places = new Map<string, number>();
  private readonly series: { readonly metric: string; readonly labels: Labels }[] = [];
  private fine: readonly Kept[] = [];
  private coarse: readonly Kept[] = [];
  private readonly refused = new Set<string>();
  private taken = 0;

  /** A client's series that finds no place is added to that of `client="other"`. */
  add({ time, figures }: Sample): void {
    const kept = this.kept({ time, figures });
    this.fine = ended(this.fine, kept).slice(-fineAtMost);
    if (this.taken % coarseEvery === 0) this.coarse = ended(this.coarse, kept).slice(-coarseAtMost);
    this.taken += 1;
  }

  /** The samples since a time, thinned to at most `atMost`, ending with the sample `latest`. */
  read(since: number, atMost: number, latest?: Sample): TimeSeriesReading {
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
 * Appends the latest sample in place of those just before it, because a rate between them would mean nothing, and of any after
 * it: the clock was set back. Keeps the first, which rates count from.
 */
function ended(stored: readonly Kept[], latest: Kept): Kept[] {
  const before = stored.filter(
    ({ time }, at) => latest.time - time >= sampleEveryMs / 2 || (at === 0 && time < latest.time),
  );
  return [...before, latest];
}

/** The first, the last, and evenly spaced ones between. */
function thinned<Each>(all: readonly Each[], atMost: number): Each[] {
  if (all.length <= atMost) return [...all];
  const step = (all.length - 1) / (atMost - 1);
  return Array.from({ length: atMost }, (_none, at) => all[Math.round(at * step)]).filter((each) => each !== undefined);
}

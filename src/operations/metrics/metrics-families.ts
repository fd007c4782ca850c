import type { Histogram } from '../../platform/histogram';

export type Labels = Readonly<Record<string, string>>;

/** One series as it is now; of a histogram its parts have names of their own, as `…_bucket`. */
export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  /** Not in the text format: the dashboard shows it. */
  readonly exemplar?: Exemplar | undefined;
}

/** A trace of what a series counts, the latest that was sampled. Source: Prometheus, OpenMetrics 1.0, section Exemplars. */
export interface Exemplar {
  readonly traceId: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** All series of one metric. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** How the same series of several workers become one; of counters and histograms always `sum`. */
  readonly merge: 'sum' | 'max';
  readonly samples: readonly Sample[];
}

/** A series of a counter or a gauge: its labels and its value. */
export type Series = readonly [labels: Labels, value: number, exemplar?: Exemplar | undefined];

export function counter(name: string, help: string, series: Iterable<Series>): MetricFamily {
  return { name, help, type: 'counter', merge: 'sum', samples: samplesOf(name, series) };
}

/** `merge`: what the service's value is of the values of its workers. */
export function gauge(
  name: string,
  help: string,
  series: Iterable<Series>,
  merge: MetricFamily['merge'] = 'max',
): MetricFamily {
  return { name, help, type: 'gauge', merge, samples: samplesOf(name, series) };
}

export function histogram(
  name: string,
  help: string,
  series: Iterable<readonly [labels: Labels, histogram: Histogram]>,
): MetricFamily {
  const samples = [...series].flatMap(([labels, { bounds, counts, count, sum }]) => {
    let below = 0;
    const buckets = counts.map((each, index): Sample => {
      below += each;
      const le = index < bounds.length ? String(bounds[index]) : '+Inf';
      return { name: `${name}_bucket`, labels: { ...labels, le }, value: below };
    });
    const total = { name: `${name}_sum`, labels, value: sum };
    return [...buckets, total, { name: `${name}_count`, labels, value: count }];
  });
  return { name, help, type: 'histogram', merge: 'sum', samples };
}

/** What several workers have counted, as if it were one; the families in the order in which they come first. */
export function merged(snapshots: readonly (readonly MetricFamily[])[]): MetricFamily[] {
  const byName = new Map<string, MetricFamily[]>();
  for (const family of snapshots.flat()) {
    const same = byName.get(family.name);
    if (same === undefined) byName.set(family.name, [family]);
    else same.push(family);
  }
  return [...byName.values()].map(mergedFamily);
}

/** Source: Prometheus, text-based exposition format 0.0.4. */
export function expositionOf(families: readonly MetricFamily[]): string {
  return families.map(familyText).join('\n');
}

function samplesOf(name: string, series: Iterable<Series>): Sample[] {
  return [...series].map(([labels, value, exemplar]) => ({ name, labels, value, exemplar }));
}

function mergedFamily(same: readonly MetricFamily[]): MetricFamily {
  const [first] = same as [MetricFamily];
  if (same.length === 1) return first;
  const combine = first.merge === 'sum' ? (a: number, b: number) => a + b : Math.max;
  const samples = new Map<string, Sample>();
  for (const sample of same.flatMap((family) => family.samples)) {
    const key = seriesText(sample);
    const before = samples.get(key);
    if (before === undefined) samples.set(key, sample);
    else samples.set(key, { ...sample, value: combine(before.value, sample.value), exemplar: newer(before, sample) });
  }
  return { ...first, samples: [...samples.values()] };
}

function newer({ exemplar: a }: Sample, { exemplar: b }: Sample): Exemplar | undefined {
  return a === undefined || b === undefined ? (a ?? b) : a.time > b.time ? a : b;
}

function familyText({ name, help, type, samples }: MetricFamily): string {
  const lines = samples.map((sample) => `${seriesText(sample)} ${sample.value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function seriesText({ name, labels }: Sample): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

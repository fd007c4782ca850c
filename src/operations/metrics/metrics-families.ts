import type { Histogram } from '../../platform/histogram';
// Without its default metrics, which no login needs and which load OpenTelemetry.
import AggregatorRegistry from 'prom-client/lib/cluster';

export type Labels = Readonly<Record<string, string>>;

/** One series as it is now; the parts of a histogram have names of their own, as `…_bucket`. */
export interface Sample {
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}

/** All series of one metric, as prom-client has them in JSON. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** How the same series of several workers become one; of counters and histograms always `sum`. */
  readonly aggregator: 'sum' | 'max';
  readonly values: readonly Sample[];
}

/** A series of a counter or a gauge: its labels and its value. */
export type Series = readonly [labels: Labels, value: number];

export function counter(name: string, help: string, series: Iterable<Series>): MetricFamily {
  return { name, help, type: 'counter', aggregator: 'sum', values: valuesOf(series) };
}

/** `aggregator`: what the service's value is of the values of its workers. */
export function gauge(
  name: string,
  help: string,
  series: Iterable<Series>,
  aggregator: MetricFamily['aggregator'] = 'max',
): MetricFamily {
  return { name, help, type: 'gauge', aggregator, values: valuesOf(series) };
}

export function histogram(
  name: string,
  help: string,
  series: Iterable<readonly [labels: Labels, histogram: Histogram]>,
): MetricFamily {
  const values = [...series].flatMap(([labels, { bounds, counts, count, sum }]) => {
    let below = 0;
    const buckets = counts.map((each, index): Sample => {
      below += each;
      const le = index < bounds.length ? String(bounds[index]) : '+Inf';
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
    });
    const total = { metricName: `${name}_sum`, labels, value: sum };
    return [...buckets, total, { metricName: `${name}_count`, labels, value: count }];
  });
  return { name, help, type: 'histogram', aggregator: 'sum', values };
}

/** What several workers have counted, as if it were one; the families in the order in which they come first. */
export function aggregated(snapshots: readonly (readonly MetricFamily[])[]): MetricFamily[] {
  return AggregatorRegistry.aggregate(snapshots).getMetricsAsArray();
}

/** Source: Prometheus, text-based exposition format 0.0.4. */
export async function expositionOf(families: readonly MetricFamily[]): Promise<string> {
  return AggregatorRegistry.aggregate([families]).metrics();
}

function valuesOf(series: Iterable<Series>): Sample[] {
  return [...series].map(([labels, value]) => ({ labels, value }));
}

import type { Histogram } from '../../platform/histogram';
// Imported without its default metrics, which nothing needs and which load OpenTelemetry.
import AggregatorRegistry from 'prom-client/lib/cluster';

export type Labels = Readonly<Record<string, string>>;

/** The current value of one series; the parts of a histogram have their own names, such as `…_bucket`. */
export interface Sample {
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}

/** All series of one metric, in prom-client's JSON. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** How workers' values of one series are combined; always `sum` for counters and histograms. */
  readonly aggregator: 'sum' | 'max';
  readonly values: readonly Sample[];
}

/** A series of a counter or gauge: labels and value. */
export type Series = readonly [labels: Labels, value: number];

export function counter(name: string, help: string, series: Iterable<Series>): MetricFamily {
  return { name, help, type: 'counter', aggregator: 'sum', values: valuesOf(series) };
}

/** `aggregator`: how the workers' values are combined. */
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

/** Combines the counts of several workers; the families in order of first appearance. */
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

/** The part of prom-client that takes metrics as JSON; its own declarations only cover the whole package. */
declare module 'prom-client/lib/cluster' {
  import type { MetricFamily } from './metrics-families';

  interface Registry {
    getMetricsAsArray(): MetricFamily[];
    metrics(): Promise<string>;
  }

  const AggregatorRegistry: { aggregate(snapshots: readonly (readonly MetricFamily[])[]): Registry };
  export default AggregatorRegistry;
}

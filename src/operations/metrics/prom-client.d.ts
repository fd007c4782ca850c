/** Of prom-client, what takes metrics in its JSON; its own declaration is of the whole package alone. */
declare module 'prom-client/lib/cluster' {
  import type { MetricFamily } from './metrics-families';

  interface Registry {
    getMetricsAsArray(): MetricFamily[];
    metrics(): Promise<string>;
  }

  const AggregatorRegistry: { aggregate(snapshots: readonly (readonly MetricFamily[])[]): Registry };
  export default AggregatorRegistry;
}

/** A bucket of a Prometheus histogram: the number of observations up to `upTo`. Sorted by `upTo`. */
export interface CumulativeBucket {
  readonly upTo: number;
  readonly count: number;
}

/**
 * The quantile (0 to 1) of a histogram, interpolated inside its bucket as PromQL's histogram_quantile does; undefined without
 * observations. Values above the last finite bucket count as its end.
 */
export function quantile(q: number, buckets: readonly CumulativeBucket[]): number | undefined {
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return undefined;
  const rank = q * total;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const found = buckets[index];
  const below = buckets[index - 1] ?? { upTo: 0, count: 0 };
  if (found === undefined || !Number.isFinite(found.upTo)) return below.upTo;
  const inside = found.count - below.count;
  return inside === 0 ? found.upTo : below.upTo + ((rank - below.count) / inside) * (found.upTo - below.upTo);
}

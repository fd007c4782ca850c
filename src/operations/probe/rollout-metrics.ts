import type { Series } from './prometheus';

/** What one version did in a window. */
export interface VersionMetrics {
  readonly version: string;
  /** When it was seen first, in seconds since the epoch. */
  readonly firstSeen: number;
  readonly exchanges: number;
  readonly failures: number;
}

export interface CountedSeries {
  /** One an instance: `tessera_build_info`, with its `version`. */
  readonly builds: readonly Series[];
  /** Counters, one an instance. */
  readonly exchanges: readonly Series[];
  readonly failures: readonly Series[];
}

/**
 * The exchanges of each version: what an instance has counted from one time to the next belongs to the version that it ran
 * at the latter. A restart, with another version or not, begins its counters anew. Times: ascending, in seconds.
 */
export function metricsByVersion(
  times: readonly number[],
  { builds, exchanges, failures }: CountedSeries,
): VersionMetrics[] {
  const versions = [...new Set(builds.map(({ labels }) => labels['version'] ?? ''))];
  const [done, failed] = [increasesOf(exchanges, builds, times), increasesOf(failures, builds, times)];
  return versions.map((version) => ({
    version,
    firstSeen: Math.min(
      ...times.filter((time) => builds.some((build) => isOf(build, version) && build.values.has(time))),
    ),
    exchanges: done.get(version) ?? 0,
    failures: failed.get(version) ?? 0,
  }));
}

function increasesOf(
  counters: readonly Series[],
  builds: readonly Series[],
  times: readonly number[],
): ReadonlyMap<string, number> {
  const increases = new Map<string, number>();
  for (const instance of new Set(builds.map(({ labels }) => labels['instance'] ?? ''))) {
    const own = builds.filter(({ labels }) => labels['instance'] === instance);
    const counter = counters.find(({ labels }) => labels['instance'] === instance);
    let before: { readonly version: string; readonly value: number } | undefined;
    for (const time of times) {
      const version = own.find(({ values }) => values.has(time))?.labels['version'];
      if (version === undefined) continue;
      // A counter that nothing has increased yet is not there.
      const value = counter?.values.get(time) ?? 0;
      const isRestarted = before !== undefined && (before.version !== version || value < before.value);
      const increase = before === undefined ? 0 : value - (isRestarted ? 0 : before.value);
      increases.set(version, (increases.get(version) ?? 0) + increase);
      before = { version, value };
    }
  }
  return increases;
}

function isOf({ labels }: Series, version: string): boolean {
  return labels['version'] === version;
}

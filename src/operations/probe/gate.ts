import { knownFailures, ownFaults } from '../metrics/exchange-outcomes';
import { Prometheus, type TimeRange } from './prometheus';
import { metricsByVersion, type VersionMetrics } from './rollout-metrics';

export interface GateRequest {
  /** Of Prometheus. */
  readonly url: string;
  readonly windowSeconds: number;
  readonly minExchanges: number;
  /** How much higher the rate of failures may be, from 0 to 1. */
  readonly tolerance: number;
  /** By default the one that was seen first latest. */
  readonly newVersion?: string | undefined;
  /** By default the one before that. */
  readonly oldVersion?: string | undefined;
  readonly timeoutMs: number;
}

export interface GateReport {
  /** Undefined where there is none. */
  readonly newVersion: VersionMetrics | undefined;
  readonly oldVersion: VersionMetrics | undefined;
  readonly verdict: 'fine' | 'roll_back' | 'no_data';
  /** Why there is no verdict. */
  readonly lacking?: string;
}

/** Failures of exchanges as the recording rules of ops/prometheus count them. */
export const failedOutcomes = [...knownFailures, ...ownFaults];

const day = 86_400;
/** Steps that a window is read in: short enough to tell which version an exchange belongs to. */
const stepsInWindow = 300;
/** Prometheus answers no more than 11,000 values of a series. */
const mostValues = 10_000;
const versions = 'max by (version) (tessera_build_info)';

/**
 * Compares how often exchanges fail in a new version with how often they did in the old one, beside which it runs.
 * `now`: milliseconds since the epoch. Throws: UnreachableError.
 */
export async function gate(request: GateRequest, now: number): Promise<GateReport> {
  const prometheus = new Prometheus(request.url, AbortSignal.timeout(request.timeoutMs));
  const end = Math.floor(now / 1000);
  const { windowSeconds } = request;
  const window = { start: end - windowSeconds, end, step: Math.max(1, Math.floor(windowSeconds / stepsInWindow)) };
  const [builds, exchanges, failures, seenInDay, seenInWindow] = [
    await prometheus.range('max by (instance, version) (tessera_build_info)', window),
    await prometheus.range(countersOf(`ok|${failedOutcomes.join('|')}`), window),
    await prometheus.range(countersOf(failedOutcomes.join('|')), window),
    await prometheus.range(versions, { start: end - day, end, step: 60 }),
    await prometheus.range(versions, { ...window, step: Math.max(1, Math.ceil(windowSeconds / mostValues)) }),
  ];
  const seen = [...seenInDay, ...seenInWindow];
  const figures = metricsByVersion(timesOf(window), { builds, exchanges, failures }).map((each) => {
    const earlier = seen.flatMap(({ labels, values }) =>
      labels['version'] === each.version ? [...values.keys()] : [],
    );
    return { ...each, firstSeen: Math.min(each.firstSeen, ...earlier) };
  });
  return judged(figures, request);
}

/** The newest first; equally new ones cannot be told apart. */
export function judged(figures: readonly VersionMetrics[], request: GateRequest): GateReport {
  const byAge = figures.toSorted((a, b) => b.firstSeen - a.firstSeen);
  const named = (version: string | undefined) => figures.find((each) => each.version === version);
  const newVersion =
    request.newVersion === undefined
      ? byAge.find((each) => each.version !== request.oldVersion)
      : named(request.newVersion);
  const oldVersion =
    request.oldVersion === undefined
      ? byAge.find((each) => each.version !== newVersion?.version)
      : named(request.oldVersion);
  const lacking = lackOf(newVersion, oldVersion, request);
  if (lacking !== undefined || newVersion === undefined || oldVersion === undefined) {
    return { newVersion, oldVersion, verdict: 'no_data', lacking: lacking ?? 'no version is there' };
  }
  const isWorse = rateOf(newVersion) > rateOf(oldVersion) + request.tolerance;
  return { newVersion, oldVersion, verdict: isWorse ? 'roll_back' : 'fine' };
}

export function rateOf({ exchanges, failures }: VersionMetrics): number {
  return exchanges === 0 ? 0 : failures / exchanges;
}

function lackOf(
  newVersion: VersionMetrics | undefined,
  oldVersion: VersionMetrics | undefined,
  request: GateRequest,
): string | undefined {
  if (newVersion === undefined) return 'no new version ran in the window';
  if (oldVersion === undefined) return 'no old version ran in the window';
  const isGuessed = request.newVersion === undefined && request.oldVersion === undefined;
  if (isGuessed && newVersion.firstSeen === oldVersion.firstSeen) {
    return 'both versions were seen first at the same time: name one by --new-version';
  }
  const few = [newVersion, oldVersion].find(({ exchanges }) => exchanges < request.minExchanges);
  return few && `${few.version} has had ${Math.round(few.exchanges)} exchanges, of ${request.minExchanges} at least`;
}

function countersOf(outcomes: string): string {
  const selector = `step=~"token|verify",synthetic!="true",outcome=~"${outcomes}"`;
  return `sum by (instance) (tessera_login_requests_total{${selector}})`;
}

/** The times at which Prometheus evaluates a range. */
function timesOf({ start, end, step }: TimeRange): number[] {
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step);
}

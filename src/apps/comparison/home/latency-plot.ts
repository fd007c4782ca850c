import type { StepMetrics } from '../../../operations/metrics/login-metrics';

/** In milliseconds, on a logarithmic scale: a signature takes a millisecond, a password tenths of a second. */
const from = 0.5;
const to = 2_000;

export const latencyTicks = [1, 10, 100, 1_000].map((milliseconds) => ({ milliseconds, x: xOf(milliseconds) }));

type Percentiles = Pick<StepMetrics, 'p50' | 'p95' | 'p99'>;

/** Positions of a step's percentiles, from 0 to 100; undefined before the first request. */
export function latencyPoints({ p50, p95, p99 }: Percentiles): { p50: number; p95: number; p99: number } | undefined {
  if (p50 === null || p95 === null || p99 === null) return undefined;
  return { p50: xOf(p50), p95: xOf(p95), p99: xOf(p99) };
}

function xOf(milliseconds: number): number {
  const inside = Math.min(to, Math.max(from, milliseconds));
  return Math.round((1_000 * Math.log(inside / from)) / Math.log(to / from)) / 10;
}

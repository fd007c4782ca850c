import { type CumulativeBucket, quantile } from '../../metrics/metrics-quantiles';
import {
  agrees,
  grouped,
  type Labels,
  type Match,
  type MetricSeries,
  type Reading,
  type Series,
  type Where,
} from '../../metrics/time-series/reading';

/** One value for each time of the reading, or one for its whole range. */
export type Span = 'each' | 'whole';

/** A metric expression in two forms: for Prometheus, and over a reading of our own. */
export interface Expression {
  /** `window`: the range of its rates, such as `5m` or Grafana's `$__rate_interval`. */
  promql(window: string): string;
  /** Undefined when only Prometheus has the data. */
  over(reading: Reading, span: Span): readonly Series[] | undefined;
}

/** Grafana's variables, in every selector: an operator may filter by client and process. */
const ofInstance = 'instance=~"$instance"';
const ofClient = 'client=~"$client"';
const withClient = new Set([
  'tessera_login_requests_total',
  'tessera_replays_total',
  'tessera_redirect_errors_total',
  'tessera_codes_issued_total',
  'tessera_codes_redeemed_total',
]);

/** Rate per second of a counter, grouped by labels. */
export function rate(metric: string, by: readonly string[] = [], where: Where = {}): Expression {
  return {
    promql: (window) => `${sumBy(by)} (rate(${selector(metric, where)}[${window}]))`,
    over: (reading, span) =>
      grouped(chosen(reading, metric, where), by).map(([labels, series]) => {
        const rises = reading.times.map((_time, at) => sumOf(series.map(({ values }) => riseAt(values, at))));
        return { labels, values: perSecond(rises, reading.times, span) };
      }),
  };
}

/** Increase of a counter in the window. */
export function increase(metric: string, by: readonly string[] = [], where: Where = {}): Expression {
  const perSecondOf = rate(metric, by, where);
  return {
    promql: (window) => `${sumBy(by)} (increase(${selector(metric, where)}[${window}]))`,
    over: (reading, span) => {
      const { times } = reading;
      const seconds = (at: number) => secondsBetween(times[span === 'whole' ? 0 : at - 1], times.at(at));
      const at = (index: number) => (span === 'whole' ? -1 : index);
      return perSecondOf.over(reading, span)?.map(({ labels, values }) => ({
        labels,
        values: values.map((value, index) => (value === null ? null : value * seconds(at(index)))),
      }));
    },
  };
}

/** A gauge, grouped by labels. */
export function gauge(metric: string, by: readonly string[] = [], how: 'sum' | 'max' | 'min' = 'max'): Expression {
  const combine = { sum: sumOf, max: maxOf, min: minOf }[how];
  return {
    promql: () => `${how}${byClause(by)} (${selector(metric)})`,
    over: (reading, span) =>
      grouped(chosen(reading, metric, {}), by).map(([labels, series]) => {
        const values = reading.times.map((_time, at) => combine(series.map((each) => each.values[at] ?? null)));
        return { labels, values: span === 'whole' ? values.slice(-1) : values };
      }),
  };
}

/** The value of a gauge that is farthest from 0. */
export function farthest(metric: string): Expression {
  return {
    promql: () => `max (abs(${selector(metric)}))`,
    over: (reading, span) => {
      const distances = chosen(reading, metric, {}).map(({ values }) =>
        values.map((value) => value && Math.abs(value)),
      );
      if (distances.length === 0) return [];
      const values = reading.times.map((_time, at) => maxOf(distances.map((each) => each[at] ?? null)));
      return [{ labels: {}, values: span === 'whole' ? values.slice(-1) : values }];
    },
  };
}

/** The quantile (0 to 1) of a histogram, grouped by labels. `metric`: its name without `_bucket`. */
export function quantileOf(q: number, metric: string, by: readonly string[] = [], where: Where = {}): Expression {
  const buckets = rate(`${metric}_bucket`, ['le', ...by], where);
  return {
    promql: (window) => `histogram_quantile(${q}, ${buckets.promql(window)})`,
    over: (reading, span) =>
      grouped(buckets.over(reading, span) ?? [], by).map(([labels, series]) => {
        const ordered = series.toSorted((a, b) => boundOf(a.labels) - boundOf(b.labels));
        const count = ordered[0]?.values.length ?? 0;
        const values = Array.from({ length: count }, (_none, at) => {
          const cumulative = ordered.map(({ labels: own, values: counts }): CumulativeBucket => ({
            upTo: boundOf(own),
            count: counts[at] ?? 0,
          }));
          return quantile(q, cumulative) ?? null;
        });
        return { labels, values };
      }),
  };
}

/** The ratio of two expressions in equal groups; a missing part is 0, and a missing whole gives no value. */
export function share(part: Expression, whole: Expression): Expression {
  return {
    promql: (window) => {
      const [a, b] = [part.promql(window), whole.promql(window)];
      return `((${a}) or (${b}) * 0) / (${b})`;
    },
    over: (reading, span) => {
      const parts = part.over(reading, span);
      return whole.over(reading, span)?.map(({ labels, values }) => {
        const own = parts?.find((each) => JSON.stringify(each.labels) === JSON.stringify(labels));
        const shareAt = (value: number | null, at: number) =>
          value === null || value === 0 ? null : (own?.values[at] ?? 0) / value;
        return { labels, values: values.map(shareAt) };
      });
    },
  };
}

/** The difference of two expressions in equal groups; a missing second one counts as 0. */
export function difference(one: Expression, other: Expression): Expression {
  return {
    promql: (window) => {
      const [a, b] = [one.promql(window), other.promql(window)];
      return `(${a}) - ((${b}) or (${a}) * 0)`;
    },
    over: (reading, span) => {
      const others = other.over(reading, span);
      return one.over(reading, span)?.map(({ labels, values }) => {
        const own = others?.find((each) => JSON.stringify(each.labels) === JSON.stringify(labels));
        return {
          labels,
          values: values.map((value, at) => (value === null ? null : value - (own?.values[at] ?? 0))),
        };
      });
    },
  };
}

/** The groups with the highest values. */
export function top(count: number, of: Expression): Expression {
  return {
    promql: (window) => `topk(${count}, ${of.promql(window)})`,
    over: (reading, span) =>
      of
        .over(reading, span)
        ?.toSorted((a, b) => heightOf(b) - heightOf(a))
        .slice(0, count),
  };
}

/** The number of groups with a value above 0. */
export function countOf(of: Expression): Expression {
  return {
    promql: (window) => `count((${of.promql(window)}) > 0)`,
    over: (reading, span) => {
      const series = of.over(reading, span);
      if (series === undefined) return undefined;
      const places = Array.from({ length: series[0]?.values.length ?? 0 }, (_none, at) => at);
      return [{ labels: {}, values: places.map((at) => series.filter(({ values }) => (values[at] ?? 0) > 0).length) }];
    },
  };
}

/** 0 where there is no series. */
export function orZero(of: Expression): Expression {
  return {
    promql: (window) => `(${of.promql(window)}) or on () vector(0)`,
    over: (reading, span) => {
      const series = of.over(reading, span);
      if (series === undefined || series.length > 0) return series;
      return [{ labels: {}, values: span === 'whole' ? [0] : reading.times.map(() => 0) }];
    },
  };
}

/** Maps each value. `promql`: gets the expression in brackets and adds the arithmetic. */
export function mapped(
  of: Expression,
  promql: (inner: string) => string,
  compute: (value: number) => number,
): Expression {
  return {
    promql: (window) => promql(`(${of.promql(window)})`),
    over: (reading, span) =>
      of.over(reading, span)?.map(({ labels, values }) => ({
        labels,
        values: values.map((value) => (value === null ? null : compute(value))),
      })),
  };
}

export function perMinute(of: Expression): Expression {
  return mapped(
    of,
    (inner) => `60 * ${inner}`,
    (value) => 60 * value,
  );
}

/** An expression that only Prometheus can answer: about alerts, or other processes. */
export function onlyInPrometheus(promql: (window: string) => string): Expression {
  return { promql, over: () => undefined };
}

/** The metric's selector with our variables. */
export function selector(metric: string, where: Where = {}): string {
  const own = Object.entries(where).map(([label, match]) => `${label}${matcher(match)}`);
  return `${metric}{${[...own, ...(withClient.has(metric) ? [ofClient] : []), ofInstance].join(',')}}`;
}

function matcher(match: Match): string {
  if (typeof match === 'string') return `="${match}"`;
  if ('not' in match) return typeof match.not === 'string' ? `!="${match.not}"` : `!~"${match.not.join('|')}"`;
  return `=~"${match.join('|')}"`;
}

function chosen({ series }: Reading, metric: string, where: Where): MetricSeries[] {
  return series.filter((each) => each.metric === metric && agrees(each.labels, where));
}

function sumBy(by: readonly string[]): string {
  return `sum${byClause(by)}`;
}

function byClause(by: readonly string[]): string {
  return by.length === 0 ? '' : ` by (${by.join(', ')})`;
}

/** A counter that appears during the range began at 0; one that falls has lost a worker's part, and rose by nothing. */
function riseAt(values: readonly (number | null)[], at: number): number | null {
  const value = values[at] ?? null;
  if (at === 0 || value === null) return null;
  return Math.max(0, value - (values[at - 1] ?? 0));
}

function perSecond(rises: readonly (number | null)[], times: readonly number[], span: Span): (number | null)[] {
  if (span === 'each') {
    return rises.map((rise, at) => (rise === null ? null : rise / secondsBetween(times[at - 1], times[at])));
  }
  const total = sumOf(rises);
  return [total === null ? null : total / secondsBetween(times[0], times.at(-1))];
}

function secondsBetween(from = 0, to = 0): number {
  return Math.max(0.001, (to - from) / 1_000);
}

function sumOf(values: readonly (number | null)[]): number | null {
  return combined(values, (a, b) => a + b);
}

function maxOf(values: readonly (number | null)[]): number | null {
  return combined(values, Math.max);
}

function minOf(values: readonly (number | null)[]): number | null {
  return combined(values, Math.min);
}

function combined(values: readonly (number | null)[], combine: (a: number, b: number) => number): number | null {
  return values.reduce((a, b) => (a === null ? b : b === null ? a : combine(a, b)), null);
}

function boundOf({ le = '' }: Labels): number {
  return le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
}

function heightOf({ values }: Series): number {
  return maxOf(values) ?? 0;
}

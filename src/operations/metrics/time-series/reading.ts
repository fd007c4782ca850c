export type Labels = Readonly<Record<string, string>>;

/** Condition on a label: equal, one of these, or none of these. A missing label is the empty text. */
export type Match = string | readonly string[] | { readonly not: string | readonly string[] };
export type Where = Readonly<Record<string, Match>>;

/** A series over several times; null where it has no value. */
export interface Series {
  readonly labels: Labels;
  readonly values: readonly (number | null)[];
}

export interface MetricSeries extends Series {
  /** As in Prometheus: a histogram's part has `_bucket`. */
  readonly metric: string;
}

/** The service's metrics at several times. */
export interface Reading {
  /** Milliseconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly series: readonly MetricSeries[];
}

/** Groups series by the labels in `by`, and keeps only these labels. */
export function grouped<Each extends Series>(series: readonly Each[], by: readonly string[]): [Labels, Each[]][] {
  const groups = new Map<string, [Labels, Each[]]>();
  for (const each of series) {
    const labels = Object.fromEntries(by.map((name) => [name, each.labels[name] ?? '']));
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? [labels, []];
    group[1].push(each);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** True when the labels satisfy the conditions. */
export function agrees(labels: Labels, where: Where): boolean {
  return Object.entries(where).every(([label, match]) => matches(labels[label] ?? '', match));
}

function matches(value: string, match: Match): boolean {
  if (typeof match === 'string') return value === match;
  if ('not' in match) return ![match.not].flat().includes(value);
  return match.includes(value);
}

export type Labels = Readonly<Record<string, string>>;

/** What a label must be: this, one of these, or anything but these. A label that is not there is the empty text. */
export type Match = string | readonly string[] | { readonly not: string | readonly string[] };
export type Where = Readonly<Record<string, Match>>;

/** One series as it was at each of some times; null where it was not there. */
export interface Series {
  readonly labels: Labels;
  readonly values: readonly (number | null)[];
}

export interface MetricSeries extends Series {
  /** As Prometheus names it: of a histogram with `_bucket`. */
  readonly metric: string;
}

/** What the service's metrics were at some times. */
export interface Reading {
  /** Milliseconds since the epoch, in their order. */
  readonly times: readonly number[];
  readonly series: readonly MetricSeries[];
}

/** The series of each group: those that agree in the labels of `by`, with these labels alone. */
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

/** True for labels that are what they must be. */
export function agrees(labels: Labels, where: Where): boolean {
  return Object.entries(where).every(([label, match]) => matches(labels[label] ?? '', match));
}

function matches(value: string, match: Match): boolean {
  if (typeof match === 'string') return value === match;
  if ('not' in match) return ![match.not].flat().includes(value);
  return match.includes(value);
}

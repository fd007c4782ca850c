import type { Where } from '../../metrics/time-series/reading';
import { type Expression, orZero, perMinute, rate, top } from './expression';

/** Grafana's unit names: counts, shares of 1, seconds, counts a minute, bytes, and yes or no. */
export type Unit = 'short' | 'percentunit' | 's' | 'cpm' | 'bytes' | 'bool_yes_no';

export interface Query {
  readonly of: Expression;
  /** `{{label}}` stands for a label's value. */
  readonly legend: string;
}

export type Level = 'good' | 'warning' | 'bad';

/** The value from which a level (good, warning, bad) applies. */
export interface Threshold {
  readonly from: number;
  readonly level: Level;
}

/** A stat, plot or table of a dashboard, for Grafana and our own page. */
export interface Panel {
  readonly title: string;
  /** What it shows and what to do about it: one or two sentences. */
  readonly about: string;
  readonly kind: 'figure' | 'plot' | 'table';
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /**
   * The window of its rates: between two points of a plot, the whole shown range, or a fixed one (in our own data the shown
   * range). Plots default to the first, others show the current value.
   */
  readonly window?: 'points' | 'shown' | `${number}${'d' | 'm'}`;
  /** In ascending order of value. */
  readonly thresholds?: readonly Threshold[];
  /** Fixed end of the axis, if the data must not decide. */
  readonly max?: number;
  /** Seconds between the points of a plot that only Grafana shows. */
  readonly grafanaInterval?: '1d';
}

/** A table of traces: from a Tempo in Grafana, on our page those that this service sampled last. */
export interface TracesPanel {
  readonly title: string;
  readonly about: string;
  /** Selects the requests: by metric labels, and for Tempo by span attributes. */
  readonly where: Where;
  readonly traceql: string;
}

export const viewNames = ['executive', 'on-call', 'debug'] as const;
export type ViewName = (typeof viewNames)[number];

export interface View {
  readonly name: ViewName;
  readonly title: string;
  /** The questions that it answers. */
  readonly about: string;
  readonly panels: readonly Panel[];
  readonly traces?: TracesPanel;
}

/** The series of a panel, by legend. */
type Shown = Readonly<Record<string, Expression>>;
type Options = Pick<Panel, 'window' | 'thresholds' | 'max' | 'grafanaInterval'>;

export function figure(title: string, about: string, unit: Unit, shown: Shown, options: Options = {}): Panel {
  return { title, about, kind: 'figure', unit, queries: queriesOf(shown), ...options };
}

export function plot(title: string, about: string, unit: Unit, shown: Shown, options: Options = {}): Panel {
  return { title, about, kind: 'plot', unit, queries: queriesOf(shown), ...options };
}

export function table(title: string, about: string, unit: Unit, of: Expression): Panel {
  return { title, about, kind: 'table', unit, queries: queriesOf({ '': of }) };
}

/** A plot of counts a minute: one line for each group, or for the `most` frequent groups. */
export function countPlot(
  title: string,
  about: string,
  metric: string,
  by: readonly string[],
  { where, most, unit = 'cpm' }: { readonly where?: Where; readonly most?: number; readonly unit?: Unit } = {},
): Panel {
  const counted = perMinute(rate(metric, by, where));
  return plot(title, about, unit, { [legendOf(by)]: orZero(most === undefined ? counted : top(most, counted)) });
}

/** A legend that names a group by its labels. */
export function legendOf(by: readonly string[]): string {
  return by.map((label) => `{{${label}}}`).join(' ');
}

/** The value from which each level applies, in ascending order. */
export function levels(from: Readonly<Partial<Record<Level, number>>>): Threshold[] {
  return (Object.entries(from) as [Level, number][]).map(([level, value]) => ({ from: value, level }));
}

function queriesOf(shown: Shown): Query[] {
  return Object.entries(shown).map(([legend, of]) => ({ of, legend }));
}

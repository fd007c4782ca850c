import type { Where } from '../../metrics/time-series/reading';
import { type Expression, orZero, perMinute, rate, top } from './expression';

/** By Grafana's names: counts, shares of 1, seconds, counts a minute, bytes, and yes or no. */
export type Unit = 'short' | 'percentunit' | 's' | 'cpm' | 'bytes' | 'bool_yes_no';

export interface Query {
  readonly of: Expression;
  /** With `{{label}}` for a label's value. */
  readonly legend: string;
}

export type Level = 'good' | 'warning' | 'bad';

/** From which value on a figure is good, wants to be looked at, or is bad. */
export interface Threshold {
  readonly from: number;
  readonly level: Level;
}

/** One figure, plot or table of a dashboard, in Grafana and on our page alike. */
export interface Panel {
  readonly title: string;
  /** What it tells, and what to do about it: one or two sentences. */
  readonly about: string;
  readonly kind: 'figure' | 'plot' | 'table';
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /**
   * Over which window its rates are: between a plot's points, of all the time that is shown, or a fixed one, which in
   * figures of our own is the time that is shown. By default the first for a plot, and for others none: they tell of now.
   */
  readonly window?: 'points' | 'shown' | `${number}${'d' | 'm'}`;
  /** In the order of their values. */
  readonly thresholds?: readonly Threshold[];
  /** The end of the axis, where the figures must not decide. */
  readonly max?: number;
  /** Seconds between the points of a plot that only Grafana shows. */
  readonly grafanaInterval?: '1d';
}

/** A table of traces: in Grafana of a Tempo, on our page of those that this service sampled last. */
export interface TracesPanel {
  readonly title: string;
  readonly about: string;
  /** The requests that are meant: by the labels of what counts them, and for Tempo by the attributes of their spans. */
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

/** What a panel shows, each by its legend. */
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

/** A plot of what was counted a minute, a line for each group by labels, or for the `most` frequent of them. */
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

/** That names a group by its labels. */
export function legendOf(by: readonly string[]): string {
  return by.map((label) => `{{${label}}}`).join(' ');
}

/** From which value on each level holds, in the order of their values. */
export function levels(from: Readonly<Partial<Record<Level, number>>>): Threshold[] {
  return (Object.entries(from) as [Level, number][]).map(([level, value]) => ({ from: value, level }));
}

function queriesOf(shown: Shown): Query[] {
  return Object.entries(shown).map(([legend, of]) => ({ of, legend }));
}

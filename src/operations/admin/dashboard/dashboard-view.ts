import {
  type NamedSeries,
  type PanelFigures,
  rangeNames,
  rangeOf,
  type RangeName,
  type TracesFigures,
  type ViewFigures,
} from './figures';
import { shown } from './numbers';
import type { Level, Panel, View } from './panel';
import { plotOf, plotSize } from './plot';
import { views } from './views';

/** Most series of a plot or table: more do not help the reader. */
const seriesAtMost = 20;
const rowsAtMost = 100;
const tracesAtMost = 20;
/** Rows of the table behind a plot. */
const timesInTable = 12;

/** Seconds; a longer range changes more slowly. */
const refreshEvery: Readonly<Record<RangeName, number>> = { '15m': 15, '1h': 30, '6h': 120, '24h': 300 };
const rangeTitles: Readonly<Record<RangeName, string>> = {
  '15m': '15 minutes',
  '1h': '1 hour',
  '6h': '6 hours',
  '24h': '24 hours',
};

/** What a browser requests. */
export interface Asked {
  readonly view: View;
  readonly range: RangeName;
  /** Whether the page reloads itself. */
  readonly refresh: boolean;
}

export type DashboardView = ReturnType<typeof dashboardView>;

/** Everything on the page, as texts and positions. `now`: milliseconds since the epoch. */
export function dashboardView(asked: Asked, read: ViewFigures, now: number) {
  const ends = [now - rangeOf[asked.range], now] as const;
  const of = (kind: Panel['kind']) => read.panels.filter(({ panel }) => panel.kind === kind);
  return {
    title: asked.view.title,
    about: asked.view.about,
    views: views.map((view) => link(view.title, { ...asked, view }, view === asked.view)),
    ranges: rangeNames.map((range) => link(rangeTitles[range], { ...asked, range }, range === asked.range)),
    /** Seconds until the page reloads; undefined: it does not. */
    refreshSeconds: asked.refresh ? refreshEvery[asked.range] : undefined,
    refreshLink: link(
      asked.refresh ? 'Stop refreshing' : `Refresh every ${refreshEvery[asked.range]} s`,
      { ...asked, refresh: !asked.refresh },
      false,
    ),
    asOf: `${dates.format(now)} UTC`,
    /** The source of the data, and what is wrong with it. */
    from: read.from,
    prometheusFailed: read.prometheusFailed,
    since: read.since === undefined ? undefined : `${dates.format(read.since)} UTC`,
    leftOut: read.leftOut ?? 0,
    size: plotSize,
    figures: of('figure').map((each) => shownFigure(each, asked.range, read.from)),
    plots: of('plot').map((each) => shownPlot(each, read.times, ends)),
    tables: [...of('table').map(shownTable), ...(read.traces === undefined ? [] : [shownTraces(read.traces)])],
  };
}

/** URL of `/admin/dashboard` for this request. */
export function locationOf({ view, range, refresh }: Asked): string {
  const query = new URLSearchParams({ view: view.name, range, ...(!refresh && { refresh: 'off' }) });
  return `/admin/dashboard?${query}`;
}

function link(title: string, asked: Asked, isCurrent: boolean) {
  return { title, href: locationOf(asked), isCurrent };
}

function shownFigure({ panel, series }: PanelFigures, range: RangeName, from: ViewFigures['from']) {
  const items = (series ?? []).map(({ name, values: [value = null] }) => {
    return { name, text: shown(value, panel.unit), level: levelOf(panel, value) };
  });
  // Whether its items need names.
  const isNamed = panel.queries.some(({ legend }) => legend.includes('{{'));
  const isPrometheus = from === 'prometheus' || series === undefined;
  return { ...described({ panel, series }), of: timeOf(panel, range, isPrometheus), isNamed, items };
}

/** Only Prometheus knows a fixed window; our own history has the shown range. */
function timeOf({ window, unit }: Panel, range: RangeName, isPrometheus: boolean): string {
  if (unit === 'bool_yes_no' || window === undefined) return 'now';
  const isFixed = window !== 'shown' && isPrometheus;
  const fixed = window === '30d' ? '30 days' : window === '1d' ? '24 hours' : window;
  return `in ${isFixed ? fixed : rangeTitles[range]}`;
}

function shownPlot({ panel, series }: PanelFigures, times: readonly number[], ends: readonly [number, number]) {
  const all = (series ?? []).toSorted((a, b) => a.name.localeCompare(b.name));
  const drawn = all.slice(0, seriesAtMost);
  const plot = plotOf(panel, drawn, times, ends);
  const legend = drawn.map((each) => shownSeries(each, panel));
  return {
    ...described({ panel, series }),
    plot,
    /** In words, for readers who do not see the lines. */
    summary: legend.map(({ name, latest, least, most }) => `${name}: ${latest} now, ${least} to ${most}`).join('; '),
    legend,
    rows: timesOf(times).map((at) => ({
      time: clocks.format(times[at] ?? 0),
      texts: drawn.map(({ values }) => shown(values[at] ?? null, panel.unit)),
    })),
    more: all.length - drawn.length,
  };
}

function shownSeries({ name, values }: NamedSeries, { unit }: Panel) {
  const given = values.filter((value) => value !== null);
  const [least, most] = given.length === 0 ? [null, null] : [Math.min(...given), Math.max(...given)];
  return {
    name,
    latest: shown(given.at(-1) ?? null, unit),
    least: shown(least, unit),
    most: shown(most, unit),
  };
}

function shownTable({ panel, series }: PanelFigures) {
  const ordered = (series ?? []).toSorted((a, b) => (b.values[0] ?? 0) - (a.values[0] ?? 0));
  const columns = [...new Set(ordered.flatMap(({ labels }) => Object.keys(labels)))];
  const rows = ordered.slice(0, rowsAtMost).map(({ labels, values }) => {
    return { labels: columns.map((name) => labels[name] ?? ''), text: shown(values[0] ?? null, panel.unit) };
  });
  return { ...described({ panel, series }), columns, heading: 'figure', rows, more: ordered.length - rows.length };
}

function shownTraces({ panel: { title, about }, traced }: TracesFigures) {
  const names = ['model', 'step', 'outcome', 'client'];
  const all = traced ?? [];
  const rows = all.slice(0, tracesAtMost).map(({ labels, time, traceId }) => {
    return { labels: [dates.format(time), ...names.map((name) => labels[name] ?? '')], text: traceId };
  });
  const none = traced === undefined ? 'Tracing is off: see docs/tracing.md.' : 'None was sampled.';
  const missing = rows.length === 0 ? none : undefined;
  return { title, about, missing, columns: ['UTC', ...names], heading: 'trace', rows, more: all.length - rows.length };
}

/** `missing`: shown instead of data, if there is none. */
function described({ panel: { title, about }, series }: PanelFigures) {
  const missing =
    series === undefined ? 'Only Prometheus can tell.' : series.length === 0 ? 'No figures yet.' : undefined;
  return { title, about, missing };
}

function levelOf({ thresholds }: Panel, value: number | null): Level | undefined {
  return value === null ? undefined : thresholds?.findLast(({ from }) => value >= from)?.level;
}

/** The latest time, and evenly spaced earlier ones. */
function timesOf(times: readonly number[]): number[] {
  const step = Math.max(1, Math.ceil(times.length / timesInTable));
  return times.map((_time, at) => at).filter((at) => (times.length - 1 - at) % step === 0);
}

const clocks = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: 'UTC' });
const dates = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
});

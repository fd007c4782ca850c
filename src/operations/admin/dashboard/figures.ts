import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock';
import { CONFIG, type Config } from '../../../platform/config';
import { History } from '../../metrics/time-series/history';
import type { Panel, Query, TracesPanel, View } from './panel';
import { Prometheus, type Grid, type PrometheusLook } from './prometheus';
import type { Labels, Series } from '../../metrics/time-series/reading';
import type { Traced } from '../../metrics/metrics-workers';
import { Samples } from '../../metrics/time-series/samples';

export const rangeNames = ['15m', '1h', '6h', '24h'] as const;
export type RangeName = (typeof rangeNames)[number];

/** Milliseconds. */
export const rangeOf: Readonly<Record<RangeName, number>> = {
  '15m': 900_000,
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
};

const timesAtMost = 120;
const leastStepSeconds = 15;
/** Four scrapes at the usual interval: a rate needs two, even if one is missing. */
const leastWindowSeconds = 60;

export interface NamedSeries extends Series {
  readonly name: string;
}

/** A panel with its series: for a plot over the times, otherwise at one time. */
export interface PanelFigures {
  readonly panel: Panel;
  /** Undefined when only Prometheus has the data. */
  readonly series: readonly NamedSeries[] | undefined;
}

/** The data of a view, and its source. */
export interface ViewFigures {
  readonly from: 'prometheus' | 'history' | 'nothing';
  /** Prometheus is configured, but gave no usable answer. */
  readonly prometheusFailed: boolean;
  /** Times of the plots; milliseconds since the epoch. */
  readonly times: readonly number[];
  readonly panels: readonly PanelFigures[];
  /** For our own history: its beginning, and the series that did not fit. */
  readonly since?: number | undefined;
  readonly leftOut?: number;
  /** For a view with traces. */
  readonly traces?: TracesFigures | undefined;
}

export interface TracesFigures {
  readonly panel: TracesPanel;
  /** Newest first; undefined while tracing is off. */
  readonly traced: readonly Traced[] | undefined;
}

/** The data of a view: from Prometheus if it is configured and answers, otherwise from our own history. */
@Injectable()
export class Figures {
  constructor(
    private readonly clock: Clock,
    private readonly history: History,
    private readonly samples: Samples,
    private readonly prometheus: Prometheus,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async of(view: View, range: RangeName): Promise<ViewFigures> {
    const [panels, traces] = await Promise.all([this.panelsOf(view, range), this.tracesOf(view, range)]);
    return { ...panels, traces };
  }

  /** Always our own: Prometheus has no traces. */
  private async tracesOf({ traces: panel }: View, range: RangeName): Promise<TracesFigures | undefined> {
    if (panel === undefined) return undefined;
    if (this.config.tracing === undefined) return { panel, traced: undefined };
    const since = this.clock.now() - rangeOf[range];
    return { panel, traced: await this.samples.traces(panel.where, since).catch(() => []) };
  }

  private async panelsOf(view: View, range: RangeName): Promise<ViewFigures> {
    const panels = view.panels.filter(({ grafanaInterval }) => grafanaInterval === undefined);
    const look = this.prometheus.look();
    if (look !== undefined) {
      const read = await this.panelsFrom(look, panels, range).catch(() => undefined);
      if (read !== undefined) return read;
    }
    const remembered = await this.remembered(panels, range).catch(() => undefined);
    return { ...(remembered ?? nothing(panels)), prometheusFailed: look !== undefined };
  }

  private async panelsFrom(look: PrometheusLook, panels: readonly Panel[], range: RangeName): Promise<ViewFigures> {
    const seconds = rangeOf[range] / 1_000;
    const step = Math.max(leastStepSeconds, seconds / timesAtMost);
    const now = Math.floor(this.clock.now() / 1_000);
    const count = Math.floor(seconds / step) + 1;
    const grid: Grid = { start: now - step * (count - 1), step, count };
    const seriesOf = async ({ kind, window }: Panel, { of }: Query): Promise<readonly Series[]> => {
      const fixed = window === undefined || window === 'points' || window === 'shown' ? undefined : window;
      if (kind === 'plot') {
        return look.range(anywhere(of.promql(fixed ?? `${Math.max(step, leastWindowSeconds)}s`)), grid);
      }
      return look.instant(anywhere(of.promql(fixed ?? `${seconds}s`)), now);
    };
    return {
      from: 'prometheus',
      prometheusFailed: false,
      times: Array.from({ length: count }, (_none, at) => 1_000 * (grid.start + at * step)),
      panels: await Promise.all(
        panels.map(async (panel) => {
          const all = panel.queries.map(async (query) => named(query, await seriesOf(panel, query)));
          return { panel, series: (await Promise.all(all)).flat() };
        }),
      ),
    };
  }

  private async remembered(panels: readonly Panel[], range: RangeName): Promise<Omit<ViewFigures, 'prometheusFailed'>> {
    const reading = await this.history.read(this.clock.now() - rangeOf[range], timesAtMost);
    return {
      from: 'history',
      times: reading.times,
      since: reading.since,
      leftOut: reading.leftOut,
      panels: panels.map((panel) => {
        const span = panel.kind === 'plot' ? 'each' : 'whole';
        const all = panel.queries.map((query) => {
          const series = query.of.over(reading, span);
          return series && named(query, series);
        });
        return { panel, series: all.includes(undefined) ? undefined : all.flatMap((each) => each ?? []) };
      }),
    };
  }
}

function nothing(panels: readonly Panel[]): Omit<ViewFigures, 'prometheusFailed'> {
  return { from: 'nothing', times: [], panels: panels.map((panel) => ({ panel, series: [] })) };
}

/** Replaces Grafana's variables by all clients and processes. */
function anywhere(promql: string): string {
  return promql.replaceAll(/\$(?:client|instance)/g, '.*');
}

function named({ legend }: Query, series: readonly Series[]): NamedSeries[] {
  return series.map((each) => ({ ...each, name: nameOf(legend, each.labels) }));
}

/** The 0 for "no series" has no labels; an unknown client's label is empty. */
function nameOf(legend: string, labels: Labels): string {
  const name = legend.replaceAll(/\{\{(\w+)\}\}/g, (_whole, label: string) => labels[label] ?? '').trim();
  if (name !== '') return name;
  return Object.keys(labels).length === 0 ? 'all' : 'unknown';
}

import type { Panel, TracesPanel, View } from '../../../src/operations/admin/dashboard/panel';

const datasource = { type: 'prometheus', uid: '${datasource}' };
const tempo = { type: 'tempo', uid: '${traces}' };
/** Of the 24 columns of Grafana's grid. */
const sizes = {
  figure: { w: 4, h: 4 },
  plot: { w: 8, h: 8 },
  table: { w: 12, h: 9 },
  traces: { w: 24, h: 9 },
} as const;
const columns = 24;
const colours = { good: 'green', warning: 'orange', bad: 'red' } as const;

/** A view as Grafana 10 and 11 read it. Source: docs/dashboards.md. */
export function grafanaDashboard(view: View): object {
  const { traces } = view;
  const places = placed([...view.panels.map(({ kind }) => kind), 'traces']);
  return {
    annotations: {
      list: [
        {
          builtIn: 1,
          datasource: { type: 'grafana', uid: '-- Grafana --' },
          enable: true,
          hide: true,
          iconColor: 'rgba(0, 211, 255, 1)',
          name: 'Annotations & Alerts',
          type: 'dashboard',
        },
      ],
    },
    description: view.about,
    editable: true,
    fiscalYearStartMonth: 0,
    graphTooltip: 1,
    links: [
      {
        asDropdown: false,
        includeVars: true,
        keepTime: true,
        tags: ['tessera'],
        title: 'Tessera',
        type: 'dashboards',
      },
    ],
    panels: [
      ...view.panels.map((panel, at) => grafanaPanel(panel, at + 1, places[at])),
      ...(traces === undefined ? [] : [tracesPanel(traces, view.panels.length + 1, places.at(-1))]),
    ],
    refresh: '30s',
    schemaVersion: 39,
    tags: ['tessera'],
    templating: {
      list: [
        source('datasource', 'Prometheus', 'prometheus'),
        ...(traces === undefined ? [] : [source('traces', 'Traces', 'tempo')]),
        variable('client', 'Client', 'label_values(tessera_login_requests_total, client)'),
        variable('instance', 'Process', 'label_values(tessera_login_requests_total, instance)'),
      ],
    },
    time: { from: view.name === 'executive' ? 'now-7d' : 'now-1h', to: 'now' },
    timepicker: {},
    timezone: 'utc',
    title: `Tessera: ${view.title.toLowerCase()}`,
    uid: `tessera-${view.name}`,
    version: 1,
    weekStart: '',
  };
}

function source(name: string, label: string, query: string): object {
  return { name, label, type: 'datasource', query, current: {}, hide: 0, includeAll: false, multi: false, refresh: 1 };
}

/** With "All" as anything, so that it also means what has no such label. */
function variable(name: string, label: string, query: string): object {
  return {
    name,
    label,
    type: 'query',
    datasource,
    definition: query,
    query: { query, refId: 'StandardVariableQuery', qryType: 1 },
    allValue: '.*',
    current: { selected: true, text: ['All'], value: ['$__all'] },
    hide: 0,
    includeAll: true,
    multi: true,
    options: [],
    refresh: 2,
    regex: '',
    sort: 1,
  };
}

function placed(kinds: readonly (keyof typeof sizes)[]): { x: number; y: number; w: number; h: number }[] {
  let [x, y, height] = [0, 0, 0];
  return kinds.map((kind) => {
    const { w, h } = sizes[kind];
    if (x + w > columns || (height !== 0 && height !== h)) [x, y, height] = [0, y + height, 0];
    const place = { x, y, w, h };
    [x, height] = [x + w, h];
    return place;
  });
}

function grafanaPanel(panel: Panel, id: number, gridPos: object | undefined): object {
  return {
    id,
    title: panel.title,
    description: panel.about,
    type: { figure: 'stat', plot: 'timeseries', table: 'table' }[panel.kind],
    datasource,
    gridPos,
    targets: panel.queries.map(({ of, legend }, at) => ({
      datasource,
      editorMode: 'code',
      expr: of.promql(windowOf(panel)),
      ...(panel.grafanaInterval !== undefined && { interval: panel.grafanaInterval }),
      ...(panel.kind === 'plot' ? { range: true } : { instant: true, range: false }),
      ...(panel.kind === 'table' && { format: 'table' }),
      legendFormat: panel.kind === 'table' ? '__auto' : legend,
      refId: String.fromCharCode('A'.charCodeAt(0) + at),
    })),
    fieldConfig: { defaults: { ...fieldDefaults(panel) }, overrides: [] },
    options: optionsOf(panel),
    ...(panel.kind === 'table' && {
      transformations: [
        { id: 'organize', options: { excludeByName: { Time: true }, renameByName: { Value: 'figure' } } },
      ],
    }),
  };
}

/** Of a search. */
function tracesPanel({ title, about, traceql }: TracesPanel, id: number, gridPos: object | undefined): object {
  return {
    id,
    title,
    description: about,
    type: 'table',
    datasource: tempo,
    gridPos,
    targets: [{ datasource: tempo, queryType: 'traceql', query: traceql, limit: 20, tableType: 'traces', refId: 'A' }],
    fieldConfig: { defaults: {}, overrides: [] },
    options: { cellHeight: 'sm', footer: { show: false }, showHeader: true },
  };
}

function windowOf({ kind, window = kind === 'plot' ? 'points' : 'shown' }: Panel): string {
  return { points: '$__rate_interval', shown: '$__range' }[window as string] ?? window;
}

function fieldDefaults({ kind, unit, thresholds, max, grafanaInterval }: Panel): object {
  const steps = (thresholds ?? []).map(({ from, level }, at) => ({
    color: colours[level],
    value: at === 0 ? null : from,
  }));
  return {
    unit: unit === 'bool_yes_no' ? 'bool_yes_no' : unit,
    ...(max !== undefined && { max }),
    color: { mode: kind === 'figure' && steps.length > 0 ? 'thresholds' : 'palette-classic' },
    thresholds: { mode: 'absolute', steps: steps.length > 0 ? steps : [{ color: 'text', value: null }] },
    ...(kind === 'plot' && {
      custom: {
        drawStyle: grafanaInterval === undefined ? 'line' : 'bars',
        fillOpacity: grafanaInterval === undefined ? 0 : 60,
        lineWidth: 1,
        showPoints: 'auto',
        spanNulls: false,
        stacking: { group: 'A', mode: grafanaInterval === undefined ? 'none' : 'normal' },
        thresholdsStyle: { mode: steps.length > 0 ? 'dashed' : 'off' },
      },
    }),
  };
}

function optionsOf({ kind }: Panel): object {
  switch (kind) {
    case 'figure':
      return {
        colorMode: 'value',
        graphMode: 'none',
        justifyMode: 'auto',
        orientation: 'auto',
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
        textMode: 'auto',
      };
    case 'plot':
      return {
        legend: { calcs: ['lastNotNull', 'max'], displayMode: 'table', placement: 'bottom', showLegend: true },
        tooltip: { mode: 'multi', sort: 'desc' },
      };
    case 'table':
      return {
        cellHeight: 'sm',
        footer: { show: false },
        showHeader: true,
        sortBy: [{ desc: true, displayName: 'figure' }],
      };
  }
}

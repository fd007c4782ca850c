import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { parse } from 'yaml';
import { undecided } from '../../src/operations/admin/dashboard/measures';
import { views } from '../../src/operations/admin/dashboard/views';
import { knownFailures, ownFaults } from '../../src/operations/metrics/exchange-outcomes';
import { grafanaDashboard } from '../support/operations/grafana-dashboard';

const folder = join(__dirname, '../../ops/grafana');
const read = (path: string) => readFileSync(join(folder, path), 'utf8');

const datasource = z.object({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const tempo = z.object({ type: z.literal('tempo'), uid: z.literal('${traces}') });
const placed = z.object({
  id: z.number().int(),
  title: z.string().min(1),
  description: z.string().min(10),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number().min(1), h: z.number().min(1) }),
});
const tracesPanel = placed.extend({
  type: z.literal('table'),
  datasource: tempo,
  targets: z.tuple([
    z.object({ datasource: tempo, queryType: z.literal('traceql'), query: z.string(), refId: z.string() }),
  ]),
});
const panel = placed.extend({
  type: z.enum(['stat', 'timeseries', 'table']),
  datasource,
  targets: z.array(z.object({ datasource, expr: z.string().min(1), refId: z.string() })).min(1),
  fieldConfig: z.object({
    defaults: z.object({
      unit: z.string(),
      thresholds: z.object({
        steps: z.tuple([z.object({ value: z.null() })], z.object({ value: z.number(), color: z.string() })),
      }),
    }),
  }),
});
const dashboard = z.object({
  uid: z.string().max(40),
  title: z.string(),
  // That of Grafana 10.4; 11 reads it too.
  schemaVersion: z.literal(39),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  panels: z.array(z.union([panel, tracesPanel])),
});

function titles(name: string): string[] {
  return dashboard.parse(JSON.parse(read(`dashboards/${name}.json`))).panels.map(({ title }) => title);
}

const files = readdirSync(join(folder, 'dashboards'));

describe('the dashboards of Grafana', () => {
  it('given the views of our own page, when the files are read, then they are those, and no other', () => {
    const written = files.toSorted().map((name): unknown => JSON.parse(read(`dashboards/${name}`)));

    expect(files.toSorted()).toEqual(views.map(({ name }) => `${name}.json`).toSorted());
    expect(written).toEqual(
      views
        .toSorted((a, b) => a.name.localeCompare(b.name))
        .map((view) => JSON.parse(JSON.stringify(grafanaDashboard(view)))),
    );
  });

  it.each(files)('given %s, when it is read, then it has what Grafana needs of each panel', (name) => {
    const { panels, templating, uid } = dashboard.parse(JSON.parse(read(`dashboards/${name}`)));

    expect(uid).toBe(`tessera-${name.replace('.json', '')}`);
    const traces = name === 'on-call.json' ? ['traces'] : [];
    expect(templating.list.map((each) => each.name)).toEqual(['datasource', ...traces, 'client', 'instance']);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it.each(files)('given %s, when its panels are laid out, then none lies on another or over the edge', (name) => {
    const { panels } = dashboard.parse(JSON.parse(read(`dashboards/${name}`)));

    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_none, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );

    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  it('given the panels that the guide asks for, when the views are read, then each is where it belongs', () => {
    const measures = files.flatMap((name) => [...read(`dashboards/${name}`).matchAll(/\((M\d+)\)"/g)]);

    expect(titles('executive')).toEqual(
      expect.arrayContaining(['Trend of validation failures (M3)', 'Incidents (M9)', 'Time to remedy (M9)']),
    );
    expect(titles('on-call')).toContain('Traces of failed exchanges');
    expect(new Set(measures.map(([, measure]) => measure))).toEqual(
      new Set(Array.from({ length: 10 }, (_none, index) => `M${index + 1}`)),
    );
  });

  it('given the search for traces, when the attributes of spans are read, then it asks for those that there are', () => {
    const page = readFileSync(join(folder, '../../docs/tracing.md'), 'utf8');
    const searches = views.flatMap(({ traces }) => traces?.traceql ?? []);

    const asked = searches.flatMap((query) => [...query.matchAll(/span\.([\w.]+)/g)].map(([, name = '']) => name));

    expect(new Set(asked)).toEqual(new Set(['tessera.step', 'tessera.outcome']));
    expect(asked.filter((name) => !page.includes(`| \`${name}\``))).toEqual([]);
  });

  it('given the provisioning, when it is read, then it brings a Prometheus and the folder of these files', () => {
    const source = parse(read('provisioning/datasources/tessera.yml')) as { datasources: readonly { type: string }[] };
    const provider = parse(read('provisioning/dashboards/tessera.yml')) as { providers: readonly { type: string }[] };

    expect(source).toMatchObject({ apiVersion: 1, datasources: [{ type: 'prometheus', isDefault: true }] });
    expect(provider).toMatchObject({ apiVersion: 1, providers: [{ type: 'file', folder: 'Tessera' }] });
  });

  it('given the recording rules, when the outcomes are compared that count, then dashboards and alerts mean the same', () => {
    const rules = readFileSync(join(folder, '../prometheus/recording.rules.yml'), 'utf8');

    expect(rules).toContain(`outcome=~"${['ok', ...knownFailures, ...ownFaults].join('|')}"`);
    expect(rules).toContain(
      `step=~"authorize|challenge",synthetic="false",client!="",outcome!~"${undecided.join('|')}"`,
    );
  });
});

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { viewNames } from '../../src/operations/admin/dashboard/panel';
import { adminToken } from '../support/operations/admin';
import { consoleBrowser } from '../support/operations/console';
import { eventually } from '../support/run/eventually';
import { startPrometheus } from '../support/operations/prometheus';
import { fixture } from '../support/run/fixture';
import { freePort } from '../support/run/free-port';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';
import { Traffic } from '../support/operations/traffic';
import { serveLocally } from '../support/run/local-server';

interface Target {
  /** Absent of a search for traces. */
  readonly expr?: string;
  readonly refId: string;
}
interface GrafanaPanel {
  readonly title: string;
  readonly type: string;
  readonly targets: readonly Target[];
}

const queries = viewNames.flatMap((view) => {
  const path = join(__dirname, `../../ops/grafana/dashboards/${view}.json`);
  const { panels } = JSON.parse(readFileSync(path, 'utf8')) as { readonly panels: readonly GrafanaPanel[] };
  return panels.flatMap(({ title, targets }) =>
    targets.flatMap(({ expr, refId }) => (expr === undefined ? [] : [{ view, title, refId, expr }])),
  );
});

/** What Grafana puts in their places, for all clients and processes. */
function filledIn(expression: string): string {
  return expression
    .replaceAll('$__rate_interval', '30s')
    .replaceAll('$__range', '1h')
    .replaceAll(/\$(?:client|instance)/g, '.*');
}

/** Fires from the first evaluation on: without an incident there is no time to remedy one. */
const firing = {
  groups: [
    { name: 'test', rules: [{ alert: 'Test', expr: 'vector(1)', labels: { service: 'tessera', severity: 'ticket' } }] },
  ],
};
/** Of the test's Prometheus an evaluation takes a second, of ours 15. */
const scale = '15';

/** As the probe writes it for the collector of text files. */
const probeText = ['pkce', 'wallet'].map((model) => `tessera_probe_success{model="${model}"} 1\n`).join('');

describe.each(bothStores)('the dashboards over a real Prometheus, on %s', (store) => {
  let ownPort: number;
  /** What this database does not tell of itself: servers of MongoDB's protocol need not have `dbStats`. */
  let untold: readonly string[];

  const rules = temporaryDirectory();
  const probe = fixture(() => serveLocally((_request, response) => response.end(probeText)));
  const prometheus = fixture(async () => {
    ownPort = await freePort();
    execFileSync(process.execPath, [join(__dirname, '../../ops/prometheus/scale.mjs'), '--by', scale, '--out', rules]);
    writeFileSync(join(rules, 'firing.json'), JSON.stringify(firing));
    return startPrometheus([`localhost:${ownPort}`, `127.0.0.1:${probe.port}`], {
      ruleFiles: [join(rules, 'recording.rules.yml'), join(rules, 'firing.json')],
    });
  });
  const service = fixture(() =>
    startService(store, { ADMIN_TOKEN: adminToken, PORT: String(ownPort), PROMETHEUS_URL: prometheus.url }),
  );

  async function scrapes(): Promise<number> {
    const [counted] = await prometheus.query(`sum_over_time(up{instance="localhost:${ownPort}"}[1h])`);
    return counted?.value ?? 0;
  }
  async function scrapedTwice(): Promise<void> {
    const before = await scrapes();
    await eventually(async () => (await scrapes()) >= before + 2, { withinMs: 20_000 });
  }

  beforeAll(async () => {
    const traffic = await Traffic.to(service, async (milliseconds) => service.clock.advance(milliseconds));
    await traffic.mixed();
    await scrapedTwice();
    await eventually(async () => (await prometheus.query('tessera:time_to_remedy_seconds:mean30d')).length > 0, {
      withinMs: 60_000,
    });
    // A rate needs what was counted at two scrapes of the last minute, and a series counts from its second.
    await traffic.mixed();
    await scrapedTwice();
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const ofDisk = store === 'mongodb' ? ['tessera_store_bytes', 'tessera_store_disk_free_bytes'] : [];
    untold = ofDisk.filter((name) => !text.includes(`\n${name} `));
  });

  it.each(queries)('given $view, when "$title" ($refId) asks, then there is data', async ({ expr }) => {
    const result = await prometheus.query(filledIn(expr));

    if (untold.some((name) => expr.includes(name))) return expect(result).toEqual([]);
    expect(result.length).toBeGreaterThan(0);
    expect(result.filter(({ value }) => Number.isFinite(value)).length).toBeGreaterThan(0);
  });

  it('given what the service counts, when the expressions are read, then none asks for what it does not', async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const counted = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name));

    const asked = queries.flatMap(({ expr }) => [...expr.matchAll(/tessera_\w+/g)].map(([name]) => name));

    const others = asked.filter((name) => !counted.has(name.replace(/_(?:bucket|count|sum)$/, '')));
    expect([...new Set(others)]).toEqual(['tessera_probe_success']);
  });

  it.each(viewNames)('given PROMETHEUS_URL, when our page shows %s, then by Prometheus’s figures', async (view) => {
    const browser = await consoleBrowser(service);

    const html = await (await browser.fetch(`/admin/dashboard?view=${view}&range=15m`)).text();

    expect(html).toContain('From Prometheus.');
    expect(html).not.toMatch(/Only Prometheus can tell|NaN/);
    expect(html.split('No figures yet').length - 1).toBe(view === 'debug' && untold.length > 0 ? 1 : 0);
  });
});

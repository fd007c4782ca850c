import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { startChild } from '../run/child';
import { Cleanup } from '../run/cleanup';
import { freePort } from '../run/free-port';

/** One series of an instant query. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface RunningPrometheus {
  readonly url: string;
  /** An instant query. Throws when it is refused. */
  query(expression: string): Promise<Series[]>;
  stop(): Promise<void>;
}

/** What it looks at besides. */
export interface PrometheusExtras {
  /** Between two scrapes; a second by default. No scrape may take longer. */
  readonly everySeconds?: number;
  /** Files of rules, evaluated once a second. */
  readonly ruleFiles?: readonly string[];
  /** Hosts of the job `tessera-probe`, which serve what the probe wrote. */
  readonly exporters?: readonly string[];
}

/** Debian's Prometheus, which scrapes these hosts (`localhost:3000`) often. */
export async function startPrometheus(
  targets: readonly string[],
  { everySeconds = 1, ruleFiles = [], exporters = [] }: PrometheusExtras = {},
): Promise<RunningPrometheus> {
  const cleanup = new Cleanup();
  const folder = mkdtempSync(join(tmpdir(), 'tessera-prometheus-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const config = {
    global: { scrape_interval: `${everySeconds}s`, scrape_timeout: `${everySeconds}s`, evaluation_interval: '1s' },
    rule_files: ruleFiles,
    scrape_configs: [
      { job_name: 'tessera', static_configs: [{ targets }] },
      { job_name: 'tessera-probe', honor_labels: true, static_configs: [{ targets: exporters }] },
    ],
  };
  // YAML is a superset of JSON.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const prometheus = await prometheusIn(folder, cleanup);
  return { ...prometheus, stop: () => cleanup.run() };
}

/** Debian's Prometheus by the `prometheus.yml` of a folder, where its data is too. */
export async function prometheusIn(folder: string, cleanup: Cleanup): Promise<Omit<RunningPrometheus, 'stop'>> {
  const url = await startIn(folder, 'prometheus', ['--storage.tsdb.path'], cleanup);
  return {
    url,
    query: async (expression) => {
      const response = await fetch(`${url}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: expression }),
      });
      if (!response.ok) throw new Error(`${expression}: ${await response.text()}`);
      const { data } = vector.parse(await response.json());
      return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
    },
  };
}

/** Debian's Alertmanager by the `alertmanager.yml` of a folder, at a port. */
export function alertmanagerIn(folder: string, port: number, cleanup: Cleanup): Promise<string> {
  return startIn(folder, 'alertmanager', ['--storage.path', '--cluster.listen-address='], cleanup, port);
}

const vector = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});

async function startIn(
  folder: string,
  name: 'prometheus' | 'alertmanager',
  [storage, ...options]: readonly string[],
  cleanup: Cleanup,
  port?: number,
): Promise<string> {
  const host = `127.0.0.1:${port ?? (await freePort())}`;
  const child = startChild(name === 'prometheus' ? name : 'prometheus-alertmanager', [
    `--config.file=${join(folder, `${name}.yml`)}`,
    `${storage}=${join(folder, `${name}-data`)}`,
    `--web.listen-address=${host}`,
    '--log.level=warn',
    ...options,
  ]);
  cleanup.add(child.stop);
  await child.ready(`http://${host}/-/ready`);
  return `http://${host}`;
}

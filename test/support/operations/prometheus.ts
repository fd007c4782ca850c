import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../run/eventually';
import { freePort } from '../run/free-port';

/** One series as Prometheus answers it. */
export interface PrometheusSeries {
  readonly metric: Readonly<Record<string, string>>;
  /** Of an instant query. */
  readonly value: readonly [time: number, value: string];
}

export interface RunningPrometheus {
  readonly url: string;
  /** An instant query. Throws when it is refused. */
  query(expression: string): Promise<readonly PrometheusSeries[]>;
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
  const folder = mkdtempSync(join(tmpdir(), 'tessera-prometheus-'));
  const port = await freePort();
  mkdirSync(join(folder, 'data'));
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
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  await eventually(() => isReady(url), { withinMs: 30_000 });
  return {
    url,
    query: async (expression) => {
      const response = await fetch(`${url}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: expression }),
      });
      const body = (await response.json()) as { error?: string; data?: { result: readonly PrometheusSeries[] } };
      if (body.data === undefined) throw new Error(`${expression}: ${body.error}`);
      return body.data.result;
    },
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/-/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

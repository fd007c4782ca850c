import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { parse, stringify } from 'yaml';
import { root } from '../bench/repository';
import { freePort } from '../test/support/run/free-port';
import { AlertReceiver } from './alert-receiver';
import { type Child, run, startChild } from './child';
import type { Cleanup } from './cleanup';
import { openScrapeRelay } from './scrape-relay';

export interface Monitoring {
  readonly receiver: AlertReceiver;
  /** The value of an instant query, one number a series. */
  query(expression: string): Promise<{ labels: Record<string, string>; value: number }[]>;
}

export interface Watched {
  /** `host:port` of each instance of the service. */
  readonly targets: readonly string[];
  readonly metricsToken: string;
  readonly scale: number;
  readonly directory: string;
}

const readyWithinMs = 20_000;
/** Of prometheus.yml, at scale 1. */
const intervalMs = 15_000;
/** Scrapes and evaluations come no more often: a scrape may take no longer than its interval. */
const intervalAtLeastMs = 500;

/** Prometheus and Alertmanager with the files of ops/prometheus, their times divided by the scale. */
export async function startMonitoring(watched: Watched, cleanup: Cleanup): Promise<Monitoring> {
  const receiver = await AlertReceiver.open(cleanup);
  const files = join(watched.directory, 'monitoring');
  await run(process.execPath, [join(root, 'ops/prometheus/scale.mjs'), '--by', String(watched.scale), '--out', files]);
  const [prometheusPort, alertmanagerPort] = [await freePort(), await freePort()];
  const relaying = { token: watched.metricsToken, everyMs: intervalOf(watched) / 2, cleanup };
  const targets = await Promise.all(watched.targets.map((target) => openScrapeRelay(target, relaying)));
  point(join(files, 'prometheus.yml'), (settings) =>
    pointPrometheus(settings, targets, intervalOf(watched), alertmanagerPort),
  );
  point(join(files, 'alertmanager.yml'), (settings) => pointAlertmanager(settings, receiver.port));
  const alertmanager = startChild(
    'prometheus-alertmanager',
    [
      `--config.file=${join(files, 'alertmanager.yml')}`,
      `--storage.path=${join(watched.directory, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      '--cluster.listen-address=',
      '--log.level=warn',
    ],
    { env: {}, logFile: join(watched.directory, 'alertmanager.log'), cleanup },
  );
  const prometheus = startChild(
    'prometheus',
    [
      `--config.file=${join(files, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(watched.directory, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
      '--log.level=warn',
    ],
    { env: {}, logFile: join(watched.directory, 'prometheus.log'), cleanup },
  );
  const url = `http://127.0.0.1:${prometheusPort}`;
  await Promise.all([ready(url, prometheus), ready(`http://127.0.0.1:${alertmanagerPort}`, alertmanager)]);
  return { receiver, query: (expression) => query(url, expression) };
}

function intervalOf({ scale }: Watched): number {
  return Math.max(intervalAtLeastMs, Math.round(intervalMs / scale));
}

async function ready(url: string, child: Child): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  const answers = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await answers())) {
    if (child.hasEnded() || performance.now() > deadline) throw new Error(`it does not start: ${child.log()}`);
    await delay(50);
  }
}

const jobs = z.looseObject({
  global: z.looseObject({}),
  alerting: z.looseObject({}),
  scrape_configs: z.array(z.looseObject({ job_name: z.string() })),
});

/** The places of the service and of Alertmanager; the probe is not a part of this. */
function pointPrometheus(
  text: unknown,
  targets: readonly string[],
  interval: number,
  alertmanagerPort: number,
): unknown {
  const settings = jobs.parse(text);
  return {
    ...settings,
    global: { ...settings.global, scrape_interval: `${interval}ms`, evaluation_interval: `${interval}ms` },
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }] },
    scrape_configs: settings.scrape_configs
      .filter(({ job_name: name }) => name === 'tessera')
      .map((job) => ({ ...job, static_configs: [{ targets }] })),
  };
}

const receivers = z.looseObject({
  receivers: z.array(z.looseObject({ webhook_configs: z.array(z.looseObject({ url: z.url() })).optional() })),
});

function pointAlertmanager(text: unknown, port: number): unknown {
  const settings = receivers.parse(text);
  const pointed = (url: string) => Object.assign(new URL(url), { host: `127.0.0.1:${port}` }).href;
  return {
    ...settings,
    receivers: settings.receivers.map(({ webhook_configs: hooks, ...receiver }) => ({
      ...receiver,
      ...(hooks && { webhook_configs: hooks.map((hook) => ({ ...hook, url: pointed(hook.url) })) }),
    })),
  };
}

function point(file: string, change: (settings: unknown) => unknown): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, stringify(change(parse(readFileSync(file, 'utf8')))));
}

const vector = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.coerce.number()]) }),
    ),
  }),
});

async function query(url: string, expression: string) {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
  if (!response.ok) throw new Error(`query refused: ${await response.text()}`);
  return vector
    .parse(await response.json())
    .data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value }));
}

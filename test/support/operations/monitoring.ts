import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { run } from '../run/child';
import type { Cleanup } from '../run/cleanup';
import { freePort } from '../run/free-port';
import { root } from '../run/repository';
import { AlertReceiver } from './alert-receiver';
import { alertmanagerIn, prometheusIn, type RunningPrometheus } from './prometheus';

/** What is asked of a Prometheus. */
export interface Watched {
  /** `host:port` of each instance of the service. */
  readonly targets: readonly string[];
  /** `host:port` of what a probe of them has written, if there is one. */
  readonly probe?: string;
  /** By how much all times of the rules are divided. */
  readonly by: number;
  /** Changes of the section `global` of prometheus.yml. */
  readonly intervals: Readonly<Record<string, string>>;
}

/** A Prometheus and an Alertmanager with the files of `ops/prometheus`, and somebody who gets the notifications. */
export interface Monitoring extends Pick<RunningPrometheus, 'url' | 'query'> {
  readonly alertmanagerUrl: string;
  readonly receiver: AlertReceiver;
}

export async function startMonitoring(
  { targets, probe, by, intervals }: Watched,
  cleanup: Cleanup,
): Promise<Monitoring> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-monitoring-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  await run(process.execPath, [join(root, 'ops/prometheus/scale.mjs'), '--by', String(by), '--out', folder]);
  const receiver = await AlertReceiver.open(cleanup);
  const alertmanagerPort = await freePort();
  const alerting = { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }] };
  const targetsOf: Readonly<Record<string, readonly string[]>> = {
    tessera: targets,
    ...(probe !== undefined && { 'tessera-probe': [probe] }),
  };
  point(join(folder, 'prometheus.yml'), prometheusFile, ({ global, scrape_configs: jobs, ...settings }) => ({
    ...settings,
    global: { ...global, ...intervals },
    alerting,
    scrape_configs: jobs
      .filter(({ job_name: name }) => name in targetsOf)
      .map((job) => ({ ...job, static_configs: [{ targets: targetsOf[job.job_name] }] })),
  }));
  const pointed = (url: string) => Object.assign(new URL(url), { host: `127.0.0.1:${receiver.port}` }).href;
  point(join(folder, 'alertmanager.yml'), alertmanagerFile, ({ receivers, ...settings }) => ({
    ...settings,
    receivers: receivers.map(({ webhook_configs: hooks, ...each }) => ({
      ...each,
      ...(hooks && { webhook_configs: hooks.map((hook) => ({ ...hook, url: pointed(hook.url) })) }),
    })),
  }));
  const [prometheus, alertmanagerUrl] = await Promise.all([
    prometheusIn(folder, cleanup),
    alertmanagerIn(folder, alertmanagerPort, cleanup),
  ]);
  return { ...prometheus, alertmanagerUrl, receiver };
}

const prometheusFile = z.looseObject({
  global: z.looseObject({}),
  scrape_configs: z.array(z.looseObject({ job_name: z.string() })),
});
const alertmanagerFile = z.looseObject({
  receivers: z.array(z.looseObject({ webhook_configs: z.array(z.looseObject({ url: z.url() })).optional() })),
});

function point<Shape extends z.ZodType>(
  file: string,
  shape: Shape,
  change: (settings: z.output<Shape>) => object,
): void {
  writeFileSync(file, stringify(change(shape.parse(parse(readFileSync(file, 'utf8'))))));
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { eventually } from '../run/eventually';
import { freePort } from '../run/free-port';

const rules = join(__dirname, '../../../ops/prometheus');

const alertsSchema = z.object({
  data: z.object({
    alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.enum(['pending', 'firing']) })),
  }),
});
const vectorSchema = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});
const suppressedSchema = z.array(
  z.object({ labels: z.record(z.string(), z.string()), status: z.object({ inhibitedBy: z.array(z.string()) }) }),
);
const notificationSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  groupLabels: z.record(z.string(), z.string()),
  alerts: z.array(z.object({ status: z.enum(['firing', 'resolved']), labels: z.record(z.string(), z.string()) })),
});

export type Labels = Readonly<Record<string, string>>;
export type Notification = z.infer<typeof notificationSchema> & { readonly receiver: string };

/** What is asked of a Prometheus: instances of the service, and what a probe of them has written. */
export interface Watched {
  readonly services: readonly string[];
  /** The text that the probe's file has now. */
  readonly probe: () => string;
  /** By how much all times of the rules are divided. */
  readonly by: number;
}

/** A Prometheus and an Alertmanager with the rules of `ops/prometheus`, and somebody who gets the notifications. */
export class Monitoring {
  private constructor(
    readonly url: string,
    readonly alertmanagerUrl: string,
    readonly notifications: readonly Notification[],
    private readonly directory: string,
    private readonly children: readonly ChildProcess[],
    private readonly servers: readonly Server[],
  ) {}

  static async of({ services, probe, by }: Watched): Promise<Monitoring> {
    const directory = mkdtempSync(join(tmpdir(), 'tessera-monitoring-'));
    await promisify(execFile)(process.execPath, [join(rules, 'scale.mjs'), '--by', String(by), '--out', directory]);
    const [port, alertmanagerPort] = [await freePort(), await freePort()];
    const notifications: Notification[] = [];
    const probeServer = await listening(createServer((_request, response) => response.end(probe())));
    const receiver = await listening(
      createServer((request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          notifications.push({ ...notificationSchema.parse(JSON.parse(body)), receiver: (request.url ?? '').slice(1) });
          response.end();
        });
      }),
    );
    const targets = services.map((service) => `'${new URL(service).host}'`).join(', ');
    rewrite(join(directory, 'prometheus.yml'), {
      // A service that is to be slow must have the time to answer.
      'scrape_interval: 250ms': 'scrape_interval: 2s',
      "'localhost:3000'": targets,
      'localhost:9100': probeServer.host,
      'localhost:9093': `127.0.0.1:${alertmanagerPort}`,
    });
    rewrite(join(directory, 'alertmanager.yml'), { 'localhost:9095': receiver.host });
    const prometheus = spawn(
      'prometheus',
      [
        `--config.file=${join(directory, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=warn',
      ],
      { stdio: 'ignore' },
    );
    const alertmanager = spawn(
      'prometheus-alertmanager',
      [
        `--config.file=${join(directory, 'alertmanager.yml')}`,
        `--storage.path=${join(directory, 'alertmanager')}`,
        `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
        '--cluster.listen-address=',
        '--log.level=warn',
      ],
      { stdio: 'ignore' },
    );
    const monitoring = new Monitoring(
      `http://127.0.0.1:${port}`,
      `http://127.0.0.1:${alertmanagerPort}`,
      notifications,
      directory,
      [prometheus, alertmanager],
      [probeServer.server, receiver.server],
    );
    await Promise.all([isReady(monitoring.url), isReady(monitoring.alertmanagerUrl)]);
    return monitoring;
  }

  /** The labels of the alerts that fire now. */
  async firing(): Promise<Labels[]> {
    const { data } = alertsSchema.parse(await json(`${this.url}/api/v1/alerts`));
    return data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
  }

  /** The labels of all alerts that fire or ever fired. */
  async fired(): Promise<Labels[]> {
    const all = await this.query('max_over_time(ALERTS{alertstate="firing"}[1h])');
    return all.map(({ labels }) => labels);
  }

  /** The names of the alerts that Alertmanager holds back because of others. */
  async inhibited(): Promise<string[]> {
    const alerts = suppressedSchema.parse(await json(`${this.alertmanagerUrl}/api/v2/alerts`));
    return alerts.filter(({ status }) => status.inhibitedBy.length > 0).map(({ labels }) => labels['alertname'] ?? '');
  }

  /** What an expression is now, by series. */
  async query(expression: string): Promise<{ readonly labels: Labels; readonly value: number }[]> {
    const { data } = vectorSchema.parse(
      await json(`${this.url}/api/v1/query?${new URLSearchParams({ query: expression })}`),
    );
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  async stop(): Promise<void> {
    for (const child of this.children) child.kill('SIGTERM');
    await Promise.all(this.children.map((child) => child.exitCode ?? once(child, 'exit')));
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function listening(server: Server): Promise<{ readonly server: Server; readonly host: string }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP address');
  return { server, host: `127.0.0.1:${address.port}` };
}

function rewrite(file: string, changes: Labels): void {
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of Object.entries(changes)) text = text.replaceAll(from, to);
  writeFileSync(file, text);
}

async function isReady(url: string): Promise<void> {
  const ready = async () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually(ready, { withinMs: 20_000 });
}

async function json(url: string): Promise<unknown> {
  return fetch(url).then((response) => response.json());
}

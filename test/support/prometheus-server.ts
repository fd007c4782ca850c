import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually';
import { freePort } from './free-port';

/** Debian's Prometheus with a store of its own, which scrapes the targets every second. */
export class PrometheusServer {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly directory: string,
  ) {}

  /** `targets`: host and port each. */
  static async start(targets: readonly string[]): Promise<PrometheusServer> {
    const directory = mkdtempSync(join(tmpdir(), 'tessera-prometheus-'));
    const config = { scrape_configs: [{ job_name: 'tessera', static_configs: [{ targets }] }] };
    // JSON is YAML.
    const text = JSON.stringify({ global: { scrape_interval: '1s', scrape_timeout: '1s' }, ...config });
    writeFileSync(join(directory, 'prometheus.yml'), text);
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(directory, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=${address}`,
        '--log.level=error',
      ],
      { stdio: 'ignore' },
    );
    const server = new PrometheusServer(`http://${address}`, child, directory);
    await eventually(async () => isOk(`${server.url}/-/ready`), { withinMs: 30_000 });
    return server;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.kill()) await once(this.child, 'exit');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function isOk(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

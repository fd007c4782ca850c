import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/run/eventually';
import { freePort } from '../support/run/free-port';
import { type RunningPrometheus, startPrometheus } from '../support/operations/prometheus';
import { tessera } from '../support/operations/tessera-command';

interface Count {
  readonly outcome: string;
  readonly step?: string;
  readonly synthetic?: boolean;
}

/** What a service of one version exposes, as docs/metrics.md has it, with figures that a test sets. */
class Exporter {
  version = '';
  private readonly counts = new Map<string, number>();
  private server: Server | undefined;

  constructor(readonly port: number) {}

  async listen(): Promise<void> {
    this.server = createServer((_request, response) => response.end(this.text())).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  count({ outcome, step = 'token', synthetic = false }: Count, times: number): void {
    const model = step === 'verify' ? 'wallet' : 'pkce';
    const labels = `model="${model}",step="${step}",outcome="${outcome}",client="shop",synthetic="${synthetic}"`;
    this.counts.set(labels, (this.counts.get(labels) ?? 0) + times);
  }

  restart(version: string): void {
    this.version = version;
    this.counts.clear();
  }

  private text(): string {
    const counts = [...this.counts].map(([labels, count]) => `tessera_login_requests_total{${labels}} ${count}`);
    const build = `tessera_build_info{version="${this.version}",node="v22",store="lmdb"} 1`;
    return `# TYPE tessera_login_requests_total counter\n${[...counts, build].join('\n')}\n`;
  }
}

describe('the gate of a rollout, with a real Prometheus', () => {
  const exporters: Exporter[] = [];
  let prometheus: RunningPrometheus;

  beforeAll(async () => {
    for (const version of ['1.0.0', '1.0.0']) {
      const exporter = new Exporter(await freePort());
      exporter.restart(version);
      await exporter.listen();
      exporters.push(exporter);
    }
    prometheus = await startPrometheus(exporters.map(({ port }) => `127.0.0.1:${port}`));
    await scraped('count(tessera_build_info) == 2');
  });
  afterAll(async () => {
    for (const exporter of exporters) exporter.stop();
    await prometheus.stop();
  });

  const gate = async (...args: string[]) => {
    // Time enough since the latest scrape that what was counted has been read.
    await delay(2_500);
    return tessera(['gate', '--prometheus', prometheus.url, '--window', '5m', ...args]);
  };
  const scraped = async (expression: string) =>
    eventually(
      async () => {
        const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(expression)}`);
        const { data } = (await answer.json()) as { data: { result: unknown[] } };
        return data.result.length > 0;
      },
      { withinMs: 30_000, everyMs: 200 },
    );

  it('given one version alone, when it is asked, then there is no verdict', async () => {
    exporters[0]?.count({ outcome: 'ok' }, 500);

    const { status, stdout } = await gate();

    expect([status, stdout.split('\n').at(-2)]).toEqual([69, 'no verdict: no old version ran in the window']);
  });

  it('given a canary in the place of one instance, when it does as well, as strangers guess, and probes fail, then it is fine', async () => {
    const [first, second] = exporters;
    second?.restart('1.1.0');
    await scraped('tessera_build_info{version="1.1.0"}');
    for (const exporter of [first, second]) {
      exporter?.count({ outcome: 'ok' }, 190);
      exporter?.count({ outcome: 'ok', step: 'verify' }, 10);
      exporter?.count({ outcome: 'code_verifier_mismatch' }, 1);
    }
    second?.count({ outcome: 'code_unknown' }, 5_000);
    second?.count({ outcome: 'challenge_unknown', step: 'verify' }, 5_000);
    second?.count({ outcome: 'client_authentication_failed' }, 5_000);
    second?.count({ outcome: 'code_expired', synthetic: true }, 5_000);
    second?.count({ outcome: 'temporarily_unavailable', step: 'authorize' }, 5_000);

    const { status, stdout } = await gate();
    const few = await gate('--min-exchanges', '250');
    const json = await gate('--json', '--new-version', '1.0.0');

    expect([status, stdout.split('\n')]).toEqual([
      0,
      [
        'new  1.1.0  201 exchanges, 1 failed, 0.5 %',
        expect.stringMatching(/^old {2}1\.0\.0 {2}\d+ exchanges, 1 failed, 0\.\d+ %$/),
        'fine: it fails at most 1 % more often than the old one',
        '',
      ],
    ]);
    expect([few.status, few.stdout]).toEqual([
      69,
      expect.stringMatching(/\nno verdict: 1\.1\.0 has had 201 exchanges, of 250 at least\n$/),
    ]);
    expect([json.status, JSON.parse(json.stdout)]).toMatchObject([
      0,
      { verdict: 'fine', new: { version: '1.0.0' }, old: { version: '1.1.0', exchanges: 201, failures: 1 } },
    ]);
  });

  it('given exchanges of the canary that fail, when it is asked, then it is to be rolled back', async () => {
    exporters[1]?.count({ outcome: 'redirect_uri_mismatch' }, 6);
    exporters[1]?.count({ outcome: 'signature_mismatch', step: 'verify' }, 6);
    exporters[1]?.count({ outcome: 'server_error' }, 6);

    const [worse, tolerated] = [await gate(), await gate('--tolerance', '0.2')];

    expect([worse.status, worse.stdout]).toEqual([
      1,
      expect.stringMatching(/^new {2}1\.1\.0 {2}219 exchanges, 19 failed, 8\.68 %\n.*\nroll it back: /),
    ]);
    expect([tolerated.status, tolerated.stdout]).toEqual([0, expect.stringMatching(/\nfine: /)]);
  });

  it('given no Prometheus, or another server, when it is asked, then there is no verdict', async () => {
    const nowhere = await tessera(['gate', '--prometheus', `http://127.0.0.1:${await freePort()}`]);
    const other = await tessera(['gate', '--prometheus', `http://127.0.0.1:${exporters[0]?.port}/prometheus`]);

    expect([nowhere.status, nowhere.stderr]).toEqual([69, 'tessera: Prometheus does not answer\n']);
    expect([other.status, other.stderr]).toEqual([69, 'tessera: Prometheus answers 200, and no figures\n']);
  });

  it.each([
    [[]],
    [['--prometheus', 'localhost:9090']],
    [['--prometheus', 'http://localhost:9090', '--window', '5']],
    [['--prometheus', 'http://localhost:9090', '--tolerance', '2']],
    [['--prometheus', 'http://localhost:9090', '--min-exchanges', '0']],
    [['--prometheus', 'http://localhost:9090', '--new-version', '1', '--old-version', '1']],
    [['--prometheus', 'http://localhost:9090', 'more']],
  ])('given %j, when it is run, then it is used wrongly', async (args) => {
    const { status, stdout, stderr } = await tessera(['gate', ...args]);

    expect([status, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(/^tessera: .+\n$/);
  });
});

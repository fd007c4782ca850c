import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { adminToken } from './admin';
import { eventually } from '../run/eventually';
import { freePort } from '../run/free-port';
import { type RunningPrometheus, startPrometheus } from './prometheus';
import { type RunbookShell, runbookShell } from './runbook-shell';
import type { Runbook, RunbookBlock } from './runbooks';
import { startServiceOn, type TestService } from '../service/service';
import type { StoreName, TestStore } from '../stores/stores';
import { tesseraHere } from './tessera-command';
import { serveLocally } from '../run/local-server';

/** Of codes and challenges. */
const lifetimeSeconds = 4;
/** After which they have expired, and a repeat is a replay. */
export const untilExpiredMs = 4_500;
/** After which the audit trail has been written. */
export const untilWrittenMs = 1_500;

const fixed = 'See that it worked';
/** How long it may take until what a page says is true: events that are counted together are told when their minute is over. */
const trueWithinMs = 90_000;
export const probePassword = 'the right password of the probe';

/** A service, a Prometheus that scrapes it, and the shell of its operator. */
export class OperatorDrill {
  private constructor(
    readonly store: TestStore,
    readonly storeName: StoreName,
    readonly port: number,
    readonly prometheus: RunningPrometheus,
    readonly shell: RunbookShell,
    /** What the probe wrote last, served as node_exporter does. */
    private readonly exporter: { readonly show: (text: string) => void; readonly close: () => Promise<void> },
  ) {}

  private running: TestService | undefined;
  private logBefore: readonly string[] = [];

  /** MongoDB is scraped less often: while it is away, the metrics wait a second for it. */
  static async begin(store: TestStore, storeName: StoreName): Promise<OperatorDrill> {
    let text = '';
    const exporter = await serveLocally((_request, response) => response.end(text));
    const show = (written: string) => (text = written);
    const port = await freePort();
    const prometheus = await startPrometheus([`localhost:${port}`], {
      everySeconds: storeName === 'mongodb' ? 2 : 1,
      ruleFiles: [join(__dirname, '../../../ops/prometheus/recording.rules.yml')],
      exporters: [`127.0.0.1:${exporter.port}`],
    });
    const shell = await runbookShell(store.env);
    const drill = new OperatorDrill(store, storeName, port, prometheus, shell, { show, close: exporter.close });
    await drill.start();
    return drill;
  }

  get service(): TestService {
    if (this.running === undefined) throw new Error('it does not run');
    return this.running;
  }

  async start(): Promise<void> {
    this.running = await startServiceOn(this.store, {
      ADMIN_TOKEN: adminToken,
      PORT: String(this.port),
      AUTHORIZATION_CODE_TTL: String(lifetimeSeconds),
      WALLET_CHALLENGE_TTL: String(lifetimeSeconds),
    });
  }

  async stop(): Promise<void> {
    this.logBefore = this.log();
    await this.running?.stop();
    this.running = undefined;
  }

  async end(): Promise<void> {
    await this.stop();
    await this.prometheus.stop();
    await this.shell.close();
    await this.exporter.close();
    await this.store.remove();
  }

  /** Waits until Prometheus has looked twice more, so that what has been counted by now is an increase. */
  async scrapedTwice(): Promise<void> {
    const scrapes = async () => {
      const [counted] = await this.prometheus.query('min(count_over_time(up[1h]))');
      return counted?.value ?? 0;
    };
    const before = await scrapes();
    await eventually(async () => (await scrapes()) >= before + 2, { withinMs: 20_000 });
  }

  async probed(): Promise<void> {
    const { stdout } = await tesseraHere(
      `probe ${this.url} --client probe --redirect-uri https://app.example/callback --username probe --wallet-client probe-dapp --format prometheus`.split(
        ' ',
      ),
      {},
      `${probePassword}\n`,
    );
    this.exporter.show(stdout);
    await this.scrapedTwice();
  }

  /** Runs a block of a page; returns what is wrong with how it ended, if anything is. */
  async paste(
    page: Runbook,
    block: RunbookBlock,
    values: Readonly<Record<string, string>>,
  ): Promise<object | undefined> {
    const log = join(this.shell.folder, 'log');
    const password = join(this.shell.folder, 'probe-password');
    writeFileSync(log, this.log().join(''));
    writeFileSync(password, `${probePassword}\n`);
    const all: Record<string, string> = {
      ISSUER: this.url,
      PROMETHEUS_URL: this.prometheus.url,
      ADMIN_TOKEN: adminToken,
      CLIENT_ID: 'demo-spa',
      LOG: `cat ${log}`,
      REDIRECT_URI: 'https://app.example/another',
      PROBE_REDIRECT_URI: 'https://app.example/callback',
      PROBE_PASSWORD_FILE: password,
      DATA_DIR: this.store.env['DATA_DIR'] ?? '',
      BACKUP_DIR: join(this.shell.folder, `backup-${page.name}`),
      WINDOW: '1h',
      ...values,
    };
    const given = Object.fromEntries(page.variables.map((name) => [name, all[name] ?? '']));
    const { status, output } = await this.shell.paste(block, given);
    const isAsSaid = status === block.exit && block.prints?.test(output);
    return isAsSaid === true ? undefined : { commands: block.commands, status, output, prints: block.prints };
  }

  /** The blocks of a page but those that tell that it worked, or those alone, each of which may take a while to come true. */
  async run(page: Runbook, part: 'broken' | 'fixed', values: Readonly<Record<string, string>> = {}): Promise<void> {
    const blocks = page.blocks.filter(
      ({ heading, store = this.storeName }) => store === this.storeName && (heading === fixed) === (part === 'fixed'),
    );
    for (const block of blocks) {
      let wrong = await this.paste(page, block, values);
      const deadline = Date.now() + trueWithinMs;
      while (wrong !== undefined && Date.now() < deadline) {
        await delay(500);
        wrong = await this.paste(page, block, values);
      }
      expect(wrong).toBeUndefined();
    }
  }

  private get url(): string {
    return `http://localhost:${this.port}`;
  }

  private log(): readonly string[] {
    return [...this.logBefore, ...(this.running?.log ?? [])];
  }
}

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../run/free-port';
import { succeeds } from '../run/local-server';
import { settingsFor } from './production';
import { startTypeScript } from '../run/ts-process';

/** What is started: the sources, or with `TEST_SERVICE=dist/main.js` what was built of them, which starts in a third of the time. */
export const serviceScript = process.env['TEST_SERVICE'] ?? 'src/main.ts';

/** The service as its own process, as an operator starts it. */
export interface ServiceProcess {
  readonly url: string;
  /** The settings it was started with, its port among them, so that another can take its place. */
  readonly env: Readonly<Record<string, string>>;
  /** What it has logged so far. */
  readonly output: () => string;
  /** Ends it with SIGKILL, as a power cut would; of several workers the supervisor alone. */
  kill(): Promise<void>;
  /** Waits until it ends by itself, and returns its exit status. */
  ended(): Promise<number | NodeJS.Signals>;
  /** Asks it to end, and returns its exit status. */
  stop(): Promise<number | NodeJS.Signals>;
}

/** What is left of a start that was refused. */
export interface EndedProcess {
  readonly status: number | NodeJS.Signals;
  readonly stderr: string;
  /** All that it wrote, to either output. */
  readonly output: string;
}

/** Starts the service, and waits until every worker serves; `env` selects the store and may name the port. */
export async function startServiceProcess(
  env: Readonly<Record<string, string>>,
  script = serviceScript,
): Promise<ServiceProcess> {
  const port = env['PORT'] ?? String(await freePort());
  const settings = { HOST: 'localhost', ...settingsFor(env), ...env, PORT: port };
  const { child, exited, output, kill } = startTypeScript(script, [], settings);
  const url = `http://localhost:${port}`;
  let ended = false;
  void exited.then(() => (ended = true));
  const allServe = () => servingPids(output()).length >= Number(env['WORKERS'] ?? 1);
  while (!allServe() || !(await succeeds(`${url}/health/ready`))) {
    if (ended) throw new Error(`the service ended: ${output()}`);
    await delay(50);
  }
  return {
    url,
    env: settings,
    output,
    kill,
    ended: () => exited,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

/** The processes that have begun to serve, by the log, in their order. */
export function servingPids(output: string): number[] {
  return [...output.matchAll(/"pid":(\d+).*"msg":"serving"/g)].map(([, pid]) => Number(pid));
}

/** Does it again and again until the service that it asks is gone. */
export async function untilItIsGone(act: () => Promise<void>): Promise<void> {
  try {
    for (;;) await act();
  } catch (error) {
    // fetch's own error is the service's end (of jest's outer realm, so by its name); whatever else was thrown is a defect.
    if (!/^TypeError: (?:fetch failed|terminated)/.test(String(error))) throw error;
  }
}

/** Starts the service, and waits until it ends by itself. */
export async function endedService(env: Readonly<Record<string, string>>): Promise<EndedProcess> {
  const port = String(await freePort());
  const settings = { PORT: port, HOST: 'localhost', ...settingsFor(env), ...env };
  const { child, exited, output } = startTypeScript(serviceScript, [], settings);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, 'spawn');
  return { status: await exited, stderr, output: output() };
}

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../test/support/run/child';
import { freePort } from '../test/support/run/free-port';
import { cpuMs, descendants, machineCpuMs, ownCpuMs } from '../test/support/run/processes';
import { root, typescript } from '../test/support/run/repository';

/** How a server is started; it gets a port and, where it does not name its own, an empty `DATA_DIR`. */
export interface ServerCommand {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Which answers with success once it serves; `/health/ready` by default. */
  readonly readyPath?: string;
}

export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  /** From the start of its process until it said so. */
  readonly readyAfterMs: number;
  /** Cores that neither it nor this process kept busy meanwhile. */
  readonly otherBusy: number;
  stop(): Promise<void>;
}

/** The built service. */
export function service(env: Readonly<Record<string, string>> = {}): ServerCommand {
  const settings = { NODE_ENV: 'development', SIGNING_ALG: 'ES256', ...env };
  return { args: [join(root, 'dist/main.js')], env: settings };
}

/** The floor. */
export function floor(): ServerCommand {
  return { args: typescript('bench/floor.ts'), env: { NODE_ENV: 'production' } };
}

const askAgainMs = 5;

const canPin = existsSync('/usr/bin/taskset') && availableParallelism() > 1;
/** Where servers run, and where clients do. */
export const cores = canPin ? { server: 0, client: 1 } : undefined;

/** The command and its arguments by which Node.js runs on a core; on any where it is undefined. */
export function nodeOn(core: number | undefined, args: readonly string[]): readonly [string, readonly string[]] {
  if (core === undefined) return [process.execPath, args];
  return ['/usr/bin/taskset', ['-c', String(core), process.execPath, ...args]];
}

/** Throws: Error, with what the server wrote to stderr, when it ends or is not ready in time. */
export async function startServer(
  { args, env, readyPath = '/health/ready' }: ServerCommand,
  core = cores?.server,
): Promise<RunningServer> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'tessera-bench-'));
  const startedAt = performance.now();
  const before = { machine: machineCpuMs(), own: ownCpuMs() };
  const settings = { DATA_DIR: directory, ...env, PORT: String(port) };
  const child = startChild(...nodeOn(core, args), { env: settings, stdout: 'ignore' });
  const stop = async () => {
    await child.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await child.ready(url + readyPath, askAgainMs);
  } catch (error) {
    await stop();
    throw error;
  }
  const readyAfterMs = performance.now() - startedAt;
  const known = cpuMs(descendants(child.pid)) + ownCpuMs() - before.own;
  const otherBusy = Math.max(0, machineCpuMs() - before.machine - known) / readyAfterMs;
  return { url, pid: child.pid, readyAfterMs, otherBusy, stop };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuMs, descendants, machineCpuMs, ownCpuMs } from './processes';
import { root, typescript } from './repository';

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

/** The floor; with FLOOR=plain the lower one. */
export function floor(env: Readonly<Record<string, string>> = {}): ServerCommand {
  return { args: typescript('bench/floor/main.ts'), env: { NODE_ENV: 'production', SIGNING_ALG: 'ES256', ...env } };
}

const readyWithinMs = 60_000;
const askAgainMs = 5;
const endsWithinMs = 10_000;

const canPin = existsSync('/usr/bin/taskset') && availableParallelism() > 1;
/** Where servers run, and where clients do. */
export const cores = canPin ? { server: 0, client: 1 } : undefined;

interface NodeOptions {
  /** Undefined: any. */
  readonly core: number | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** A log is ignored, because a pipe would cost both of its ends. */
  readonly stdout: 'ignore' | 'pipe';
}

/** Starts a process of Node.js in the repository. */
export function startNode(args: readonly string[], { core, env = {}, stdout }: NodeOptions): ChildProcess {
  const pinned = core === undefined ? [] : ['/usr/bin/taskset', '-c', String(core)];
  const [command = '', ...rest] = [...pinned, process.execPath, ...args];
  return spawn(command, rest, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', stdout, 'pipe'] });
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
  // The settings of whoever measures must not choose the store.
  const settings = { MONGODB_URI: '', DATA_DIR: directory, ...env, PORT: String(port) };
  const child = startNode(args, { core, env: settings, stdout: 'ignore' });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exited = once(child, 'exit');
  let ended = false;
  void exited.then(() => (ended = true));
  const stop = async () => {
    const killed = setTimeout(() => child.kill('SIGKILL'), endsWithinMs);
    child.kill('SIGTERM');
    if (!ended) await exited;
    clearTimeout(killed);
    rmSync(directory, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url + readyPath))) {
    if (ended || performance.now() - startedAt > readyWithinMs) {
      await stop();
      throw new Error(`${args.join(' ')} does not serve: ${errors}`);
    }
    await delay(askAgainMs);
  }
  const readyAfterMs = performance.now() - startedAt;
  const pid = child.pid ?? 0;
  const known = cpuMs(descendants(pid)) + ownCpuMs() - before.own;
  const otherBusy = Math.max(0, machineCpuMs() - before.machine - known) / readyAfterMs;
  return { url, pid, readyAfterMs, otherBusy, stop };
}

async function isReady(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

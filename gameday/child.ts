import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { root } from '../bench/repository';
import { descendants } from '../bench/processes';
import type { Cleanup } from './cleanup';

const endsWithinMs = 8_000;

/** A process of ours, what it writes to either output in a file. */
export interface Child {
  readonly pid: number;
  readonly hasEnded: () => boolean;
  readonly log: () => string;
  /** SIGKILL, as a power cut would, for its children too. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL for what is left of it after eight seconds. */
  stop(): Promise<void>;
}

export function startChild(
  command: string,
  args: readonly string[],
  { env, logFile, cleanup }: { env: Readonly<Record<string, string>>; logFile: string; cleanup: Cleanup },
): Child {
  const child: ChildProcess = spawn(command, args, {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  let ended = false;
  const exited = Promise.race([once(child, 'exit'), once(child, 'error')]).then(() => {
    ended = true;
    log.end();
  });
  const pid = child.pid ?? 0;
  const kill = async () => {
    if (!ended) for (const each of descendants(pid).toReversed()) killOne(each);
    await exited;
  };
  const stop = async () => {
    if (ended) return;
    const forced = setTimeout(() => void kill(), endsWithinMs);
    child.kill('SIGTERM');
    await exited;
    clearTimeout(forced);
  };
  cleanup.add(stop);
  return { pid, hasEnded: () => ended, log: () => readFileSync(logFile, 'utf8'), kill, stop };
}

/** Ends one process with SIGKILL; that it is gone already is no error. */
export function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Runs a command to its end. Rejects with what it wrote to stderr when its exit status is another than 0. */
export async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, [...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  });
  return stdout;
}

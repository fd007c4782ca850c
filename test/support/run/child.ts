import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { succeeds } from './local-server';
import { descendants } from './processes';
import { root } from './repository';

const readyWithinMs = 60_000;
const endsWithinMs = 10_000;

/** A process that we started. */
export interface Child {
  readonly pid: number;
  readonly hasEnded: () => boolean;
  /** What it has written so far. */
  readonly output: () => string;
  /** Waits until a GET of this URL succeeds. Rejects with its output when it ends before, or takes too long. */
  ready(url: string, askAgainMs?: number): Promise<void>;
  /** SIGKILL, as a power cut would, for its children too. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL for what is left of it after ten seconds. */
  stop(): Promise<void>;
}

interface ChildOptions {
  /** The whole environment, but for what finds programs. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A log that nobody reads is ignored where it would cost both of its ends. */
  readonly stdout?: 'ignore' | 'pipe';
}

/** Starts a process in the repository. */
export function startChild(
  command: string,
  args: readonly string[],
  { env = {}, stdout = 'pipe' }: ChildOptions = {},
): Child {
  const child = spawn(command, args, { cwd: root, env: ownEnvironment(env), stdio: ['ignore', stdout, 'pipe'] });
  let [output, ended] = ['', false];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const exited = Promise.race([once(child, 'exit'), once(child, 'error')]).then(() => (ended = true));
  const pid = child.pid ?? 0;
  const kill = async () => {
    if (!ended) for (const each of descendants(pid).toReversed()) killOne(each);
    await exited;
  };
  return {
    pid,
    hasEnded: () => ended,
    output: () => output,
    ready: async (url, askAgainMs = 20) => {
      const deadline = performance.now() + readyWithinMs;
      while (!(await succeeds(url))) {
        if (ended || performance.now() > deadline) throw new Error(`${command} does not serve ${url}: ${output}`);
        await delay(askAgainMs);
      }
    },
    kill,
    stop: async () => {
      if (ended) return;
      const forced = setTimeout(() => void kill(), endsWithinMs);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(forced);
    },
  };
}

/** Ends one process with SIGKILL; that it is gone already is no error. */
export function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Runs a command to its end and returns what it printed. Rejects with what it wrote to stderr when its exit status is another than 0. */
export async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { cwd: root, env: ownEnvironment(env), maxBuffer: 2 ** 24 };
  const { stdout } = await promisify(execFile)(command, [...args], options);
  return stdout;
}

/** The settings of whoever runs this must not choose a store. */
function ownEnvironment(env: Readonly<Record<string, string | undefined>>) {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), ...env };
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ownScripts } from './own-scripts';
import { keepLog } from './run-log';

const root = join(__dirname, '../../..');

const service = 'src/main.ts';
/** What writes a log; what a command prints for its user (kids, a code_challenge) is none. */
const services = new Set([service, 'dist/main.js']);

const { entry }: { entry: Readonly<Record<string, string>> } = require('../../../rspack.config.cjs');
const files = Object.entries({ ...entry, ...ownScripts }).map(([name, source]) => [source.slice(2), `dist/${name}.js`]);

/** With `TEST_SERVICE`, the one file of each script, which starts in a third of the time; of the service, whoever starts it says which. */
const built: Readonly<Record<string, string>> =
  process.env['TEST_SERVICE'] === undefined ? {} : { ...Object.fromEntries(files), [service]: service };

/** Node's arguments that run a script (a path from the root of the repository) without a build, or what was built of it. */
export function nodeArguments(script: string): { readonly execArgv: readonly string[]; readonly program: string } {
  const program = built[script] ?? script;
  const execArgv = program.endsWith('.ts') ? ['-r', join(__dirname, 'register-typescript.cjs')] : [];
  return { execArgv, program: join(root, program) };
}

/** The same as a line of a shell. */
export function commandLine(script: string): string {
  const { execArgv, program } = nodeArguments(script);
  return ['node', ...execArgv, program].join(' ');
}

/** A child process that runs one of our TypeScript files without a build. */
export interface TsProcess {
  readonly child: ChildProcess;
  /** What it has written to both outputs so far. */
  readonly output: () => string;
  /** Its exit status, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** The next message that it sends; rejects with its output when it ends first. */
  message(): Promise<unknown>;
  /** Ends it with SIGKILL, as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts `script` (a path from the root of the repository) with an IPC channel; `env` adds to this process's. */
export function startTypeScript(
  script: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): TsProcess {
  const { execArgv, program } = nodeArguments(script);
  const child = fork(program, [...args], {
    cwd: root,
    env: { ...process.env, ...env },
    execArgv: [...execArgv],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const [name, stream] of [
    ['out', child.stdout],
    ['err', child.stderr],
  ] as const) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (services.has(script)) keepLog(chunk.toString(), `${child.pid}-${name}`);
    });
  }
  const exited = once(child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]) => code ?? signal ?? 0);

  const messages: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  child.on('message', (message) => {
    const receive = waiting.shift();
    if (receive === undefined) messages.push(message);
    else receive(message);
  });
  return {
    child,
    output: () => output,
    exited,
    message: async () => {
      if (messages.length > 0) return messages.shift();
      const ended = exited.then((status) => {
        throw new Error(`${script} ended with ${status}: ${output}`);
      });
      return Promise.race([new Promise((resolve) => waiting.push(resolve)), ended]);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

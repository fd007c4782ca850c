import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An example of this repository that was started as its README says. */
export interface RunningExample {
  /** What it has written to both outputs so far. */
  readonly output: () => string;
  /** Waits until it has written what matches, and returns the match; rejects when it ends before. */
  written(pattern: RegExp): Promise<RegExpExecArray>;
  /** Its exit status. */
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
}

/** `npm start` in the folder of the example, with arguments behind it and settings in its environment; or another script. */
export function startExample(
  name: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  script = 'start',
): RunningExample {
  const folder = join(__dirname, '../../../examples', name);
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  const { [script]: command = '', [`pre${script}`]: before = ':' } = scripts;
  if (!command.startsWith('node ')) throw new Error(`${name} is not started by node`);
  const path = `${join(__dirname, '../../../node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
  // The program in the place of the shell, so that it gets the signals.
  const child = spawn('sh', ['-c', `${before} && exec ${command} "$@"`, name, ...args], {
    cwd: folder,
    env: { ...process.env, PATH: path, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  let ended = false;
  const exited = once(child, 'close').then(([status]: (number | null)[]) => {
    ended = true;
    return status ?? null;
  });
  return {
    output: () => output,
    exited,
    async written(pattern) {
      for (;;) {
        const found = pattern.exec(output);
        if (found !== null) return found;
        if (ended) throw new Error(`${name} ended: ${output}`);
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), exited]);
      }
    },
    async stop() {
      child.kill();
      await exited;
    },
  };
}

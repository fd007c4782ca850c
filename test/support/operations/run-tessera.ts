import { Readable } from 'node:stream';
import { tessera } from '../../../src/apps/cli/tessera';
import type { CommandResult } from '../run/command';

export interface TesseraCall {
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it reads from standard input. */
  readonly input: string;
}

/** Runs a command of `tessera` in this process. */
export async function runTessera({ args, env, input }: TesseraCall): Promise<CommandResult> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const status = await tessera(args, {
    env,
    stdin: Readable.from([input]),
    stdout: { write: (text: string) => stdout.push(text) > 0 },
    stderr: { write: (text: string) => stderr.push(text) > 0 },
    onInterruption: () => {},
  });
  return { status, stdout: stdout.join(''), stderr: stderr.join('') };
}

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { tessera as command } from '../../src/admin/cli/tessera';
import type { CommandResult } from './compare-command';
import { nodeArguments } from './ts-process';

const root = join(__dirname, '../..');
/** `npm run tessera` as a process of its own. */
export async function tessera(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<CommandResult> {
  const { execArgv, program } = nodeArguments('src/admin/cli/main.ts');
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...execArgv, program, ...args],
      { cwd: root, env: { ...process.env, ...env } },
      (error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

/** The same command in this process, for what is not about the process. */
export async function tesseraHere(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<CommandResult> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const status = await command(args, {
    env: { ...process.env, ...env },
    stdin: Readable.from([input]),
    stdout: { write: (text: string) => stdout.push(text) > 0 },
    stderr: { write: (text: string) => stderr.push(text) > 0 },
    onInterruption: () => {},
  });
  return { status, stdout: stdout.join(''), stderr: stderr.join('') };
}

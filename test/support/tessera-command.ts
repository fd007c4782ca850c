import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { tessera as command } from '../../src/admin/cli/tessera';
import type { CommandResult } from './compare-command';

const root = join(__dirname, '../..');
/** Where the service is started as it was built, so is the command. */
const program =
  process.env['TEST_SERVICE'] === undefined
    ? ['-r', join(__dirname, 'register-typescript.cjs'), 'src/admin/cli/main.ts']
    : ['dist/tessera.js'];

/** `npm run tessera` as a process of its own. */
export async function tessera(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...program, ...args],
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

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { CommandResult } from './compare-command';

const root = join(__dirname, '../..');

/** `npm run tessera` as a process of its own, without a build. */
export async function tessera(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<CommandResult> {
  const command = ['-r', join(__dirname, 'register-typescript.cjs'), 'src/admin/cli/main.ts', ...args];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      command,
      { cwd: root, env: { ...process.env, ...env } },
      (error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

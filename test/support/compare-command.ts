import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { nodeArguments } from './ts-process';

const root = join(__dirname, '../..');

/** What the command printed, which is no log: a run shows code_challenges and messages in full. */
export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run compare` as a process of its own. */
export async function compareCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const { execArgv, program } = nodeArguments('src/comparison/cli/main.ts');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...execArgv, program, ...args],
      { cwd: root, env: { ...process.env, ...env }, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

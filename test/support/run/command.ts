import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { nodeArguments } from './ts-process';

const root = join(__dirname, '../../..');

/** What a command printed, which is no log: a run of the comparison shows code_challenges and messages in full. */
export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `script` (a path from the root of the repository) to its end as a process of its own; `env` adds to this process's. */
export function runCommand(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<CommandResult> {
  const { execArgv, program } = nodeArguments(script);
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...execArgv, program, ...args],
      { cwd: root, env: { ...process.env, ...env }, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

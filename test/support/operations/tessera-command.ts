import { Readable } from 'node:stream';
import { tessera as command } from '../../../src/apps/cli/tessera';
import { isServedHere } from '../service/service';
import { type CommandResult, runCommand } from '../run/command';

/** `npm run tessera` as a process of its own. */
export function tessera(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
  input?: string,
): Promise<CommandResult> {
  return runCommand('src/apps/cli/main.ts', args, env, input);
}

/**
 * The same command in this process, for what is not about the process; but a store that a service in this process serves is
 * opened by another one. LMDB has one writer: its thread may hold the lock and wait for this thread, which opens the store and
 * waits for the lock.
 */
export async function tesseraHere(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<CommandResult> {
  if (isServedHere(env)) return tessera(args, env, input);
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

import { afterAll } from '@jest/globals';
import { isServedHere } from '../service/service';
import { type CommandResult, runCommand } from '../run/command';
import { startTypeScript, type TsProcess } from '../run/ts-process';
import { runTessera, type TesseraCall } from './run-tessera';

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
 * opened by another one, which the suite keeps for all such commands. LMDB has one writer: its thread may hold the lock and wait
 * for this thread, which opens the store and waits for the lock.
 */
export async function tesseraHere(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<CommandResult> {
  const call = { args, env: { ...process.env, ...env }, input };
  return isServedHere(env) ? runThere(call) : runTessera(call);
}

let runner: TsProcess | undefined;
afterAll(() => runner?.kill());

async function runThere(call: TesseraCall): Promise<CommandResult> {
  runner ??= startTypeScript('test/support/operations/tessera-runner.ts');
  runner.child.send(call);
  return (await runner.message()) as CommandResult;
}

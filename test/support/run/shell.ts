import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

/** Runs commands in the repository as a reader does who pastes them, and returns what they print. */
export async function shell(commands: string): Promise<string> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', commands], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`status ${String(status)}: ${output}${errors}`);
  return output;
}

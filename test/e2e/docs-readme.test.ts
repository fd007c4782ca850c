import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startService, type TestService } from '../support/service';

const root = join(__dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('the first logins of the README', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  it.each(['PKCE', 'Wallet'])(
    'given the commands under %s, when they are run, then the answer is the one below',
    async (heading) => {
      const [, commands = '', answer = ''] =
        new RegExp(String.raw`^### ${heading}\n.*?^\`\`\`sh\n(.*?)^\`\`\`\n\n\`\`\`json\n(.*?)^\`\`\``, 'ms').exec(
          readme,
        ) ?? [];

      const printed: unknown = JSON.parse(await run(commands.replaceAll('http://localhost:3000', service.url)));

      expect(withoutAddress(printed)).toEqual(JSON.parse(answer));
    },
  );
});

/** Runs the commands as a reader does who pastes them, and returns what they print. */
async function run(commands: string): Promise<string> {
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', commands], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  shell.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  shell.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [status] = await once(shell, 'close');
  if (status !== 0) throw new Error(`status ${String(status)}: ${output}${errors}`);
  return output;
}

function withoutAddress(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer).replace(/0x[0-9a-fA-F]{40}/g, '0x…'));
}

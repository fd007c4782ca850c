import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/run/eventually';
import { freePort } from '../support/run/free-port';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { servingPids } from '../support/service/service-process';

const root = join(__dirname, '../..');
const built = [
  '.npmrc',
  'nest-cli.json',
  'package.json',
  'packages/client/src',
  'rspack.config.cjs',
  'src',
  'tsconfig.json',
];

const copy = temporaryDirectory();

beforeAll(() => {
  for (const path of built) cpSync(join(root, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Starts the copy as who develops does. */
async function develop(data: string) {
  const env = { ...process.env, PORT: String(await freePort()), DATA_DIR: join(copy, data) };
  const child = spawn('npx', ['nest', 'start', '--watch'], { cwd: copy, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'exit');
  /** The processes that have served so far. */
  const services = () => servingPids(output);
  const served = async (times: number) => {
    await eventually(async () => services().length >= times || child.exitCode !== null, { withinMs: 120_000 });
    expect({ services: services().length, output }).toMatchObject({ services: times });
    return services()[times - 1] as number;
  };
  return { child, ended, served };
}

describe('nest start --watch', () => {
  it('given a file that changes, when it is written, then another process serves in the place of the first', async () => {
    const { child, ended, served } = await develop('restarted');
    const first = await served(1);

    const clock = join(copy, 'src/platform/clock.ts');
    writeFileSync(clock, `${readFileSync(clock, 'utf8')}\nexport const changed = true;\n`);
    const second = await served(2);

    expect([isRunning(first), isRunning(second)]).toEqual([false, true]);
    child.kill('SIGTERM');
    await ended;
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'given %s to npx, when it has ended, then it has ended with 0 and the service with it',
    async (signal) => {
      const { child, ended, served } = await develop(signal);
      const service = await served(1);

      child.kill(signal);
      const [status] = await ended;

      expect({ status, isRunning: isRunning(service) }).toEqual({ status: 0, isRunning: false });
    },
  );
});

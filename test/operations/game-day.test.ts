import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from '@jest/globals';
import { descendants } from '../support/run/processes';
import { fixtureOfEach } from '../support/run/fixture';
import { newDirectory } from '../support/run/temporary-directory';
import { root, typescript } from '../support/run/repository';
import { eventually } from '../support/run/eventually';

const directory = fixtureOfEach(newDirectory);
beforeEach(() => {
  if (!existsSync(join(root, 'dist/main.js')))
    throw new Error('the game day is played on the built service: npm run build');
});

/** `npm run gameday -- …`, with a temporary directory of its own. */
function gameDay(...args: string[]) {
  const child = spawn(process.execPath, [...typescript('gameday/main.ts'), ...args], {
    cwd: root,
    env: { ...process.env, TMPDIR: directory.path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output, exited: once(child, 'exit') };
}

/** What our own games leave in the temporary directory; what was compiled is kept there for the next. */
const leavings = () => readdirSync(directory.path).filter((name) => name.startsWith('tessera-gameday-'));

it('given the short game day, when it is played, then every expectation holds and nothing is left behind', async () => {
  const { output, exited } = gameDay('--short', '--at-once', '3', '--out', join(directory.path, 'report.md'));

  const [status] = await exited;

  expect({ status, output: output() }).toMatchObject({ status: 0 });
  expect(leavings()).toEqual([]);
});

it('given a game day, when it is told to end, then all that it started ends and goes', async () => {
  const { child, exited } = gameDay(
    '--only',
    'strangers',
    '--store',
    'embedded',
    '--out',
    join(directory.path, 'report.md'),
  );
  const started = () => descendants(child.pid ?? 0).slice(1);
  await eventually(async () => started().length >= 3, { withinMs: 60_000 });
  const pids = started();

  child.kill('SIGTERM');
  const [status] = await exited;

  expect(status).toBe(128 + 15);
  expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  expect(leavings()).toEqual([]);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { endUser } from '../../packages/client/test/support/end-user';
import { startExample } from '../support/clients/example';
import { askWith } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { startService } from '../support/service/service';
import type { Locks } from '../../packages/client/src/locks';

const { fileLocks }: { fileLocks(path: string): Locks } = require('../../examples/cli/file-locks.js');

describe('examples/cli', () => {
  const home = temporaryDirectory();
  const service = fixture(startService);

  const file = () => join(home, 'tessera-example-cli/tokens.json');

  /** The command, whose browser is `true`: it opens nothing. */
  const start = (command: string) =>
    startExample('cli', [command], { ISSUER: service.url, XDG_STATE_HOME: home, BROWSER: 'true' });

  async function run(command: string): Promise<{ readonly status: number | null; readonly output: string }> {
    const { exited, output } = start(command);
    return { status: await exited, output: output() };
  }

  /** Logs in through the login page, once the program has said where. */
  async function logIn(before: (callback: string) => Promise<void> = async () => {}) {
    const program = start('login');
    const [, url = ''] = await program.written(/Log in at (\S+)/);
    const callback = await endUser(service)(url);
    await before(callback);
    const page = await fetch(callback);
    return { status: await program.exited, output: program.output(), page, url };
  }

  /** As the clock of this machine has it after the token's lifetime. */
  function expireAccessToken(): void {
    writeFileSync(file(), readFileSync(file(), 'utf8').replace(/(?<=\\"expiresAt\\":)\d+/, '0'));
  }

  const tokenRequests = () => service.log.filter((line) => line.includes('"route":"/token"')).length;

  it('given nobody who is logged in, when a command is run, then it says what to do', async () => {
    const { status, output } = await run('whoami');

    expect(status).toBe(1);
    expect(output).toBe('Nobody is logged in. Begin the login.\n');
  });

  it('given a login in the browser, when it comes back to the loopback port, then the program is logged in, and its file is for its owner alone', async () => {
    const { status, output, page, url } = await logIn();
    const me = await run('whoami');

    expect(new URL(url).searchParams.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    expect([status, page.status]).toEqual([0, 200]);
    expect(output).toMatch(/Logged in as user0\n$/);
    expect(JSON.parse(me.output)).toMatchObject({ sub: 'user0', client_id: 'demo-spa' });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(file(), '..')).mode & 0o777).toBe(0o700);
  });

  it('given a page of somebody else that calls the loopback port first, when the end-user comes back, then the login is not disturbed', async () => {
    const strange: number[] = [];

    const { status, output } = await logIn(async (callback) => {
      const { origin } = new URL(callback);
      for (const path of ['/callback?code=stolen&state=guessed', '/callback', '/', '//', '/callback?%']) {
        strange.push((await fetch(origin + path)).status);
      }
    });

    expect(strange).toEqual([404, 404, 404, 404, 404]);
    expect(status).toBe(0);
    expect(output).toMatch(/Logged in as user0\n$/);
  });

  it('given an access token that has expired, when the API is called, then the program refreshes, and keeps the new tokens', async () => {
    await logIn();
    const before = readFileSync(file(), 'utf8');
    expireAccessToken();

    const me = await run('whoami');

    expect(JSON.parse(me.output)).toMatchObject({ sub: 'user0' });
    expect(readFileSync(file(), 'utf8')).not.toBe(before);
  });

  it('given two processes that must refresh, when both wait for their turn at once, then one rotates, and both go on', async () => {
    await logIn();
    expireAccessToken();
    const before = tokenRequests();

    const both = await fileLocks(file()).request('', async () => {
      const programs = [start('whoami'), start('whoami')];
      await tried(join(file(), '..'), /\.lock\.\d+\./, programs.length);
      return programs;
    });
    const statuses = await Promise.all(both.map(({ exited }) => exited));
    const rotations = tokenRequests() - before;
    expireAccessToken();
    const later = await run('whoami');

    expect(both.map(({ output }) => JSON.parse(output()) as unknown)).toEqual(
      both.map(() => expect.objectContaining({ sub: 'user0' })),
    );
    expect([statuses, rotations, later.status]).toEqual([[0, 0], 1, 0]);
    expect(existsSync(`${file()}.lock`)).toBe(false);
  });

  it('given a file that others can read, when a command is run, then it refuses to use it', async () => {
    await logIn();
    await chmod(file(), 0o644);

    const { status, output } = await run('whoami');
    await chmod(file(), 0o600);

    expect(status).toBe(1);
    expect(output).toContain('it must have the mode 0600');
  });

  it('given a login, when the program logs out, then the tokens are gone here and worth nothing there', async () => {
    await logIn();
    const [tokens = ''] = Object.values(JSON.parse(readFileSync(file(), 'utf8')) as Record<string, string>);
    const { accessToken } = JSON.parse(tokens) as { accessToken: string };

    const { status } = await run('logout');
    const answer = await askWith(service, accessToken);
    const me = await run('whoami');

    expect(status).toBe(0);
    expect(readFileSync(file(), 'utf8')).toBe('{}');
    expect(answer.status).toBe(401);
    expect(me.status).toBe(1);
  });

  it('given no service, when a command is run, then it says what to do, and stays logged in', async () => {
    await logIn();
    const { exited, output } = startExample('cli', ['login'], { ISSUER: 'http://127.0.0.1:9', XDG_STATE_HOME: home });

    expect(await exited).toBe(1);
    expect(output()).toContain('Try again later; what is held stays valid.');
    expect((await run('whoami')).status).toBe(0);
  });
});

describe('examples/cli/file-locks.js', () => {
  const folder = temporaryDirectory();
  const lock = join(folder, 'tokens.json.lock');
  /** The number of a process that is no more. */
  let ended: number | undefined;
  beforeAll(async () => {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    ended = child.pid;
    await once(child, 'exit');
  });

  it('given processes that are killed while they have the lock, when others take it over, then there is one at a time', async () => {
    const counter = join(folder, 'counter');
    writeFileSync(counter, '0');
    // What is read is written after a while: two at a time would count one of them.
    const program = `
      import { readFileSync, writeFileSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      import { fileLocks } from ${JSON.stringify(join(__dirname, '../../examples/cli/file-locks.js'))};
      const counter = ${JSON.stringify(counter)};
      const count = async () => {
        const counted = Number(readFileSync(counter, 'utf8'));
        await delay(2);
        writeFileSync(counter, String(counted + 1));
      };
      const { request } = fileLocks(counter);
      await Promise.all([1, 2, 3].map((each) => request('of ' + each, count)));
      await request('', async () => {
        await count();
        process.kill(process.pid, 'SIGKILL');
        await delay(10_000);
      });`;

    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' }),
    );
    const signals = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[1] as unknown));

    expect(signals).toEqual(children.map(() => 'SIGKILL'));
    expect(readFileSync(counter, 'utf8')).toBe('24');
    expect(existsSync(`${counter}.lock`)).toBe(true);
    expect(existsSync(`${counter}.lock.turn`)).toBe(false);
  });

  it.each([
    ['of another machine', () => `${ended} another-machine`, () => {}],
    ['that somebody takes over already', () => `${ended} ${hostname()}`, () => mkdirSync(`${lock}.turn`)],
  ])('given a lock %s, when it is asked for, then that waits until it is given back', async (_, owner, before) => {
    writeFileSync(lock, owner());
    before();
    let isDone = false;

    const done = fileLocks(join(folder, 'tokens.json')).request('', async () => {
      isDone = true;
    });
    await tried(folder, /\.lock\.\d+\..+/, 3);
    const wasDone = isDone;
    rmSync(`${lock}.turn`, { recursive: true, force: true });
    rmSync(lock);
    await done;

    expect([wasDone, isDone]).toEqual([false, true]);
  });

  it('given work that fails, when it has failed, then its error is told, and the next one has its turn', async () => {
    const { request } = fileLocks(join(folder, 'new/tokens.json'));

    const failing = request('', () => Promise.reject(new Error('a failure')));

    await expect(failing).rejects.toThrow('a failure');
    expect(await request('', async () => 'done')).toBe('done');
  });
});

/** Until a lock in the folder was tried for by so many; the pattern says who is one. */
async function tried(folder: string, pattern: RegExp, count: number): Promise<void> {
  const seen = new Set<string>();
  const watcher = watch(folder);
  while (seen.size < count) {
    const [, name] = (await once(watcher, 'change')) as [string, string];
    const [one] = pattern.exec(name) ?? [];
    if (one !== undefined) seen.add(one);
  }
  watcher.close();
}

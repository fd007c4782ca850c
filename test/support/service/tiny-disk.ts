import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../run/eventually';
import { freePort } from '../run/free-port';
import { serviceScript } from './service-process';
import { nodeArguments } from '../run/ts-process';

const root = join(__dirname, '../../..');

/** The service as its own process, on the embedded store, whose disk it alone sees: of 64 MiB, made for it. */
export async function startOnTinyDisk(
  env: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-tiny-'));
  const url = `http://localhost:${await freePort()}`;
  const { execArgv, program } = nodeArguments(serviceScript);
  const mounted = 'mount -t tmpfs -o size=64m,mode=0700 none "$DATA_DIR" && exec "$@"';
  const child = spawn('unshare', ['-r', '-m', 'sh', '-c', mounted, 'sh', process.execPath, ...execArgv, program], {
    cwd: root,
    env: { ...process.env, ...env, DATA_DIR: directory, HOST: 'localhost', PORT: new URL(url).port },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  await eventually(async () => isUp(url), { withinMs: 60_000, everyMs: 200 });
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function isUp(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../run/child';
import { freePort } from '../run/free-port';
import { nodeArguments } from '../run/ts-process';
import { serviceScript } from './service-process';

/** The service as its own process, on the embedded store, whose disk it alone sees: of 64 MiB, made for it. */
export async function startOnTinyDisk(
  env: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-tiny-'));
  const port = String(await freePort());
  const url = `http://localhost:${port}`;
  const { execArgv, program } = nodeArguments(serviceScript);
  const mounted = 'mount -t tmpfs -o size=64m,mode=0700 none "$DATA_DIR" && exec "$@"';
  const args = ['-r', '-m', 'sh', '-c', mounted, 'sh', process.execPath, ...execArgv, program];
  const child = startChild('unshare', args, { env: { ...env, DATA_DIR: directory, HOST: 'localhost', PORT: port } });
  await child.ready(`${url}/health/ready`);
  return {
    url,
    stop: async () => {
      await child.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

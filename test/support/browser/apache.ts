import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../run/eventually';

export interface RunningApache {
  readonly url: string;
  stop(): Promise<void>;
}

const modules = ['mpm_event', 'authz_core', 'authn_core', 'authz_user', 'proxy', 'proxy_http', 'auth_openidc'];

/** Debian's Apache with mod_auth_openidc on a port of loopback, configured by `configuration`, in front of `application`. */
export async function startApache(
  port: number,
  configuration: string,
  application: string,
  env: Readonly<Record<string, string>>,
): Promise<RunningApache> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-apache-'));
  const log = join(folder, 'error.log');
  const file = join(folder, 'apache.conf');
  writeFileSync(
    file,
    [
      `ServerRoot ${folder}`,
      'ServerName 127.0.0.1',
      `Listen 127.0.0.1:${port}`,
      `PidFile ${folder}/pid`,
      `Mutex file:${folder}`,
      `ErrorLog ${log}`,
      'StartServers 1',
      ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
      ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
      configuration,
      `ProxyPass / ${application}/`,
      '',
    ].join('\n'),
  );
  const child = spawn('/usr/sbin/apache2', ['-f', file, '-DFOREGROUND'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const answers = () => {
    if (child.exitCode !== null) throw new Error(`Apache ended: ${existsSync(log) ? readFileSync(log, 'utf8') : ''}`);
    return fetch(url, { redirect: 'manual' }).then(
      () => true,
      () => false,
    );
  };
  await eventually(answers, { withinMs: 30_000 });
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

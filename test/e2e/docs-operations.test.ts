import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { freePort } from '../support/run/free-port';
import { serviceScript } from '../support/service/service-process';
import { shell } from '../support/run/shell';
import { commandLine } from '../support/run/ts-process';
import { emptyStore, storesUnderTest } from '../support/stores/stores';

const page = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');
const [, section = ''] = /^## Logins from outside\n(.*?)^## /ms.exec(page) ?? [];
const blocks = [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
const tessera = commandLine('src/apps/cli/main.ts');

describe.each(storesUnderTest)('the logins from outside of docs/operations.md on %s', (name) => {
  it('given an empty store, when the lines are run in their order, then the clients are there, and each login succeeds', async () => {
    const store = emptyStore(name);
    const port = await freePort();
    const [setting = '', value = ''] = Object.entries(store.env)[0] ?? [];
    const [add = '', run = '', cron = '', deployment = ''] = blocks;
    const [, crontab = ''] = /^\* \* \* \* \* tessera (.*)$/m.exec(cron) ?? [];
    const commands = `
      export PORT=${port} HOST=localhost ${setting}='${value}' PROBE_PASSWORD='correct horse battery' STAGING=http://localhost:${port}
      files=$(mktemp -d); echo "$PROBE_PASSWORD" > $files/probe-password
      ${add}
      { ${commandLine(serviceScript)} > /dev/null & }
      until curl -sfo /dev/null "$STAGING/health/ready"; do sleep 1; done
      ${run}
      ${deployment}
      ${crontab}
      cat $files/tessera.prom
      kill $!; wait $!; rm -r $files`
      .replaceAll('npm run --silent tessera --', tessera)
      .replace('cd /opt/tessera && node dist/tessera.js', tessera)
      .replaceAll('https://login.example.com', `http://localhost:${port}`)
      .replaceAll('< probe-password', '< $files/probe-password')
      .replaceAll(/\/etc\/tessera|\/var\/lib\/node_exporter/g, '$files');

    const printed = await shell(commands);
    await store.remove();

    expect(printed.match(/^(?:pkce|wallet) ok/gm)).toEqual(['pkce ok', 'wallet ok', 'pkce ok', 'wallet ok']);
    expect(printed).toMatch(/^tessera_probe_success\{model="pkce"\} 1\ntessera_probe_success\{model="wallet"\} 1$/m);
    expect(printed).toMatch(/^synthetic: true$/m);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { fixture } from '../support/run/fixture';
import { freePort } from '../support/run/free-port';
import { startService } from '../support/service/service';
import { serviceScript } from '../support/service/service-process';
import { shell } from '../support/run/shell';
import { commandLine } from '../support/run/ts-process';
import { emptyStore, storesUnderTest } from '../support/stores/stores';

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'docs/first-logins.md'), 'utf8');

describe('the first logins of docs/first-logins.md', () => {
  const service = fixture(startService);

  it.each(['PKCE', 'Wallet'])(
    'given the commands under %s, when they are run, then the answer is the one below',
    async (heading) => {
      const { commands, answer } = loginUnder(heading);

      const printed: unknown = JSON.parse(await shell(commands.replaceAll('http://localhost:3000', service.url)));

      expect(withoutAddress(printed)).toEqual(JSON.parse(answer));
    },
  );
});

describe('the production of docs/first-logins.md', () => {
  it.each(storesUnderTest)(
    'given an empty store on %s, when its ten lines are run, then each model has had its first login, and the logins above work too',
    async (storeName) => {
      const store = emptyStore(storeName);
      const port = await freePort();
      const url = `http://localhost:${port}`;
      const [, lines = ''] = /^## In production\n.*?^```sh\n(.*?)^```/ms.exec(page) ?? [];
      const [[name, value] = []] = Object.entries(store.env);
      const commands = lines
        .replace('DATA_DIR=./production', `PORT=${port} HOST=localhost ${name}='${value}'`)
        .replaceAll('http://localhost:3000', url)
        .replaceAll('npm run --silent tessera --', commandLine('src/apps/cli/main.ts'))
        .replaceAll('npm run --silent demo --', `${commandLine('src/apps/demo/main.ts')} --url ${url}`)
        .replace('npm start &', `{ ${commandLine(serviceScript)} > /dev/null & }`);
      const above = ['PKCE', 'Wallet'].map((heading) => inProduction(heading, url));

      const printed = await shell(`${commands}\n${above.join('\necho\n')}\nkill $!\nwait $!`);
      await store.remove();

      const answers = printed.split('\n').filter((line) => line.startsWith('{'));
      expect(lines.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(10);
      expect(printed).toMatch(/ client_id +my-spa\n(?: .*\n)* +model +pkce\n/);
      expect(printed).toMatch(/ client_id +my-dapp\n(?: .*\n)* +model +wallet\n/);
      expect(answers.map((line): unknown => JSON.parse(line))).toEqual([
        { ...JSON.parse(loginUnder('PKCE').answer), sub: expect.stringMatching(/^[\w-]{22}$/), client_id: 'my-spa' },
        expect.objectContaining({ client_id: 'my-dapp', model: 'wallet' }),
      ]);
    },
  );
});

/** The first login under a heading, and what it prints. */
function loginUnder(heading: string): { commands: string; answer: string } {
  const [, commands = '', answer = ''] =
    new RegExp(String.raw`^## ${heading}\n.*?^\`\`\`sh\n(.*?)^\`\`\`\n\n\`\`\`json\n(.*?)^\`\`\``, 'ms').exec(page) ??
    [];
  return { commands, answer };
}

/** The same with what the lines for production have made. */
function inProduction(heading: string, url: string): string {
  return loginUnder(heading)
    .commands.replaceAll('http://localhost:3000', url)
    .replaceAll('demo-spa', 'my-spa')
    .replaceAll('demo-dapp', 'my-dapp')
    .replaceAll('http://127.0.0.1/callback', 'https://app.example/callback')
    .replace('username=user0 -d password=password0', `username=anna -d 'password=correct horse battery'`);
}

function withoutAddress(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer).replace(/0x[0-9a-fA-F]{40}/g, '0x…'));
}

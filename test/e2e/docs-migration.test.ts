import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { privateKeyToAccount, generatePrivateKey } from 'viem/accounts';
import { UserStore } from '../../src/domain/identity/user-store';
import { eventually } from '../support/run/eventually';
import { askWith, loggedIn } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { temporaryDirectory } from '../support/run/temporary-directory';
import { startServiceOn } from '../support/service/service';
import { shell } from '../support/run/shell';
import { commandLine } from '../support/run/ts-process';
import { emptyStore, storesUnderTest } from '../support/stores/stores';

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'docs/migration.md'), 'utf8');
const tesseraCommand = commandLine('src/apps/cli/main.ts');

/** Its blocks, in their order; those in lists are indented. */
const blocks = [...page.matchAll(/^( *)```(\w+)\n(.*?)^\1```$/gms)].map(
  ([, indent = '', language = '', text = '']) => ({
    language,
    text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }),
);

describe.each(storesUnderTest)('docs/migration.md on %s', (name) => {
  const directory = temporaryDirectory();
  let printed: string[];

  const store = fixture(() => emptyStore(name));
  const service = fixture(() => startServiceOn(store));
  beforeAll(async () => {
    const settings = Object.entries(store.env).map(([setting, value]) => `export ${setting}='${value}'`);
    const commands = blocks.flatMap(({ language, text }, place) =>
      language === 'sh' ? [`printf '\\n== ${place}\\n'`, text] : [],
    );
    const lines = [`cd ${directory}`, ...settings, ...commands]
      .join('\n')
      .replaceAll('http://localhost:3000', service.url)
      .replaceAll('npm run --silent tessera --', tesseraCommand);
    const output = await shell(lines);
    printed = [];
    for (const [, place, text = ''] of output.matchAll(/^== (\d+)\n(.*?)(?=^== |$(?![\s\S]))/gms)) {
      printed[Number(place)] = text;
    }
  });

  it('given its commands, when they are run in their order, then each answers what stands below it', () => {
    const answered = blocks.flatMap(({ language, text }, place) =>
      language === 'json' || language === 'text'
        ? [{ language, expected: text, answer: printed[place - 1] ?? '' }]
        : [],
    );

    expect(answered.length).toBe(4);
    for (const { language, expected, answer } of answered) {
      if (language === 'json') expect(JSON.parse(answer)).toEqual(JSON.parse(expected));
      else expect(answer.trimEnd()).toBe(expected.trimEnd());
    }
  });

  it('given users with hashes from elsewhere, when the file was applied and a password has logged in, then its hash is ours', async () => {
    const users = service.app.get(UserStore);
    const ours = async () =>
      (await users.findByUsername('anna@example.com'))?.passwordHash?.startsWith('$argon2id$') === true;

    await eventually(ours, { withinMs: 30_000 });

    expect(printed.at(-1)).toMatch(/^pkce ok, /m);
    expect(await users.findByUsername('ben@example.com')).toMatchObject({
      email: 'ben@example.com',
      emailVerified: true,
    });
  });

  it('given its code for a browser, when a login is begun and finished, then there are tokens, and another state has none', async () => {
    const kept = new Map<string, string>();
    const sessionStorage = {
      setItem: (key: string, value: string) => kept.set(key, value),
      getItem: (key: string) => kept.get(key) ?? null,
      removeItem: (key: string) => kept.delete(key),
    };
    const location = { search: '', to: '', assign: (url: string) => (location.to = url) };
    const call = functionsOf('beginLogin', { sessionStorage, location });
    const client = {
      issuer: service.url,
      clientId: 'shop',
      redirectUri: 'https://shop.example/callback',
      scope: 'openid',
    };

    await call('beginLogin', client);
    const browser = await loggedIn(service);
    const { pathname, search } = new URL(location.to);
    const answer = await browser.fetch(pathname + search);
    location.search = new URL(answer.headers.get('location') ?? '').search;
    const tokens = await call('finishLogin', client);

    expect((await askWith(service, tokens['access_token'])).status).toBe(200);
    await expect(call('finishLogin', client)).rejects.toThrow('this login was not begun here');
  });

  it('given its code for a wallet, when it signs in, then there are tokens', async () => {
    const account = privateKeyToAccount(generatePrivateKey());
    const ethereum = {
      request: async ({ method, params = [] }: { method: string; params?: `0x${string}`[] }) => {
        if (method === 'eth_requestAccounts') return [account.address];
        if (method === 'eth_chainId') return '0x1';
        return account.signMessage({ message: { raw: params[0] ?? '0x' } });
      },
    };
    const call = functionsOf('logInWithWallet', {});

    const tokens = await call('logInWithWallet', { issuer: service.url, clientId: 'dapp', ethereum });

    expect((await askWith(service, tokens['access_token'])).status).toBe(200);
    expect(tokens['address']).toBe(account.address);
  });
});

type Call = (name: string, options: object) => Promise<Record<string, unknown>>;

/** Calls the functions of the block that has the named one, with what a browser would have around them. */
function functionsOf(named: string, surroundings: object): Call {
  const { text = '' } = blocks.find((block) => block.language === 'js' && block.text.includes(named)) ?? {};
  const names = [...text.matchAll(/^async function (\w+)/gm)].map(([, name]) => name);
  const code = `${text}\nreturn (name, options) => ({ ${names.join(', ')} })[name](options);`;
  return new Function(...Object.keys(surroundings), code)(...Object.values(surroundings));
}

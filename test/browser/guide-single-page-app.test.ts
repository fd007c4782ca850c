import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { launchBrowser, openPage, submitPassword } from '../support/browser/browser';
import { guidePage, runModule, type Substitutes } from '../support/docs/client-guide';
import { freePort } from '../support/run/free-port';
import { serveLocally } from '../support/run/local-server';
import { fixture } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { emptyStore } from '../support/stores/stores';

const { blocksOf, registerAs } = guidePage('docs/guides/single-page-app.md');

/** What the test's own page makes of the guide's modules. */
declare const page: {
  readonly seen: readonly (string | undefined)[];
  readonly user: { readonly sub: string } | undefined;
  readonly remedies: readonly string[];
  login(): Promise<unknown>;
  logout(): Promise<unknown>;
  whoAmI(): Promise<unknown>;
};

const main = `
import { TesseraError } from '@tessera/client';
import { login, start } from './session.js';
import { watchLogin } from './watch.js';
import { whoAmI } from './api.js';
import { remedy } from './remedy.js';
import { logout } from './logout.js';

const seen = [];
watchLogin((user) => seen.push(user?.sub));
const remedies = ['login_unknown', 'service_unreachable', 'invalid_client'].map((code) => remedy(new TesseraError(code, 'x')));
window.page = { seen, remedies, user: await start(), login, logout, whoAmI };
document.title = 'ready';
`;

describe('docs/guides/single-page-app.md in chromium', () => {
  let app: string;

  const store = fixture(() => emptyStore('lmdb'));
  beforeAll(async () => {
    app = `http://localhost:${await freePort()}`;
    await registerAs('Register', store, { app });
  });
  const service = fixture(() => startServiceOn(store));
  const browser = fixture(launchBrowser);
  fixture(async () => {
    const substitutes = { app, issuer: service.url };
    const script = await bundled(substitutes);
    const [serving = ''] = blocksOf('Serve it', 'js', substitutes);
    const { headers } = await runModule<{ headers: Record<string, string> }>(serving, {});
    const listener: RequestListener = ({ url }, response) => {
      const isScript = url === '/app.js';
      const type = isScript ? 'text/javascript' : 'text/html; charset=utf-8';
      const html = '<!doctype html><title>Mine</title><script type="module" src="/app.js"></script>';
      response.writeHead(200, { ...headers, 'content-type': type }).end(isScript ? script : html);
    };
    return serveLocally(listener, { host: 'localhost', port: Number(new URL(app).port) });
  });

  it('given its blocks, when they are put together, then end-users log in, stay so over a reload and in a second tab, call an API and log out', async () => {
    const { context, page: first, problems } = await openPage(browser);
    const isReady = (of: typeof first) => of.waitForFunction(() => document.title === 'ready');

    await first.goto(`${app}/notes?of=me`);
    await isReady(first);
    await first.evaluate(() => void page.login());
    await submitPassword(first);
    await first.waitForURL(`${app}/notes?of=me`);
    await isReady(first);
    const me = await first.evaluate(() => page.whoAmI());
    await first.reload();
    await isReady(first);
    const second = await context.newPage();
    await second.goto(`${app}/`);
    await isReady(second);
    const users = await Promise.all([first, second].map((tab) => tab.evaluate(() => page.user?.sub)));
    await first.evaluate(() => void page.logout());
    await first.waitForURL(`${app}/`);
    await isReady(first);
    await second.waitForFunction(() => page.seen.includes(undefined));

    expect(me).toMatchObject({ sub: 'user0', client_id: 'my-app' });
    expect(users).toEqual(['user0', 'user0']);
    expect(await first.evaluate(() => page.user ?? null)).toBeNull();
    expect(await first.evaluate(() => page.remedies.slice(0, 2))).toEqual(['log in', 'try again']);
    expect(problems).toEqual([]);
    await context.close();
  });
});

/** The guide's modules in files of their own, as a reader has them. */
async function bundled(substitutes: Substitutes): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-guide-'));
  const files = {
    session: 'Log in',
    watch: 'Where tokens are',
    api: 'Call an API',
    remedy: 'When something goes wrong',
    logout: 'Log out',
  };
  for (const [name, heading] of Object.entries(files)) {
    writeFileSync(join(folder, `${name}.js`), blocksOf(heading, 'js', substitutes).join(''));
  }
  writeFileSync(join(folder, 'main.js'), main);
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'main.js')],
    alias: { '@tessera/client': join(__dirname, '../../packages/client/src/index.ts') },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  });
  rmSync(folder, { recursive: true });
  return outputFiles[0]?.text ?? '';
}

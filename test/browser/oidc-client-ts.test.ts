import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchBrowser, openPage, submitPassword } from '../support/browser/browser';
import { blocksOf, registerAs } from '../support/docs/client-guide';
import { askWith } from '../support/clients/pkce-login';
import { serveLocally } from '../support/run/local-server';
import { fixture } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { emptyStore, storesUnderTest } from '../support/stores/stores';

const packages = join(__dirname, '../../node_modules');
const imports = { 'oidc-client-ts': '/oidc-client-ts.js', 'jwt-decode': '/jwt-decode.js' };

const page = (script: string) => `<!doctype html><title>My app</title>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">import { userManager } from '/app.js'; ${script}</script>`;

/** The application's files: the library's own build, the page's configuration, and the pages that it names. */
const filesOf = (configuration: string): Readonly<Record<string, string>> => ({
  '/oidc-client-ts.js': readFileSync(join(packages, 'oidc-client-ts/dist/esm/oidc-client-ts.js'), 'utf8'),
  '/jwt-decode.js': readFileSync(join(packages, 'jwt-decode/build/esm/index.js'), 'utf8'),
  '/app.js': configuration,
  '/': page(`window.userManager = userManager; document.title = 'ready';`),
  '/callback.html': page(
    `window.userManager = userManager; await userManager.signinCallback(); document.title = 'ready';`,
  ),
  '/silent.html': page('await userManager.signinCallback();'),
});

/** What of a user of the library is looked at. */
interface User {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly profile: { readonly sub: string };
}

const isReady = (at: Page) => at.waitForFunction(() => document.title === 'ready');

describe.each(storesUnderTest)('oidc-client-ts on %s', (storeName) => {
  let files: Readonly<Record<string, string>> = {};
  const listener: RequestListener = ({ url = '' }, response) => {
    const path = url.split('?')[0] ?? '';
    const type = path.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
    response.writeHead(path in files ? 200 : 404, { 'content-type': type }).end(files[path]);
  };

  const store = fixture(() => emptyStore(storeName));
  // Of one site with the issuer, as app.example.com is with login.example.com: ports make no difference.
  const application = fixture(() => serveLocally(listener, { host: 'localhost' }));
  beforeAll(() => registerAs('oidc-client-ts', store, { app: application.url }));
  const service = fixture(() => startServiceOn(store));
  const browser = fixture(launchBrowser);
  beforeAll(() => {
    files = filesOf(blocksOf('oidc-client-ts', 'js', { issuer: service.url, app: application.url }).join(''));
  });

  it('given the page’s configuration, when it logs in, renews in silence both ways and signs out, then each succeeds', async () => {
    const { page: tab, problems } = await openPage(browser);
    const user = () => tab.evaluate('userManager.getUser()') as Promise<User | null>;
    const renew = () => tab.evaluate('userManager.signinSilent()') as Promise<User | null>;

    await tab.goto(`${application.url}/`);
    await isReady(tab);
    await tab.evaluate('void userManager.signinRedirect()');
    await submitPassword(tab);
    await tab.waitForURL(/callback\.html/);
    await isReady(tab);
    const first = await user();
    const byToken = await renew();
    await tab.evaluate(
      'userManager.getUser().then((user) => { user.refresh_token = undefined; return userManager.storeUser(user); })',
    );
    const byFrame = await renew();
    const answers = await Promise.all([first, byToken, byFrame].map((each) => askWith(service, each?.access_token)));
    await tab.evaluate('void userManager.signoutRedirect()');
    await tab.waitForURL(`${application.url}/`);
    await isReady(tab);
    const left = await user();
    const afterwards = await tab.evaluate('userManager.signinSilent().catch(({ error }) => error)');

    expect(first?.profile.sub).toBe('user0');
    expect(new Set([first, byToken, byFrame].map((each) => each?.access_token)).size).toBe(3);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect([left, afterwards]).toEqual([null, 'login_required']);
    expect(problems).toEqual([]);
  });
});

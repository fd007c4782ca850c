import { afterAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { startApache } from '../support/browser/apache';
import { launchBrowser, openPage, submitPassword } from '../support/browser/browser';
import { blocksOf, registerAs, secretOf } from '../support/docs/client-guide';
import { eventually } from '../support/run/eventually';
import { freePort } from '../support/run/free-port';
import { askWith } from '../support/clients/pkce-login';
import { serveLocally } from '../support/run/local-server';
import { fixture } from '../support/run/fixture';
import { startServiceOn, type TestService } from '../support/service/service';
import { emptyStore, storesUnderTest } from '../support/stores/stores';

/** An application that says what the module told it, in the headers of the request. */
const startApplication = () =>
  serveLocally(({ headers }, response) => {
    const told = { sub: headers['oidc_claim_sub'], accessToken: headers['oidc_access_token'] };
    response.setHeader('content-type', 'text/plain').end(JSON.stringify(told));
  });

describe.each(storesUnderTest)('mod_auth_openidc on %s', (storeName) => {
  let service: TestService;

  const store = fixture(() => emptyStore(storeName));
  const browser = fixture(launchBrowser);
  const application = fixture(startApplication);
  const apache = fixture(async () => {
    const port = await freePort();
    const app = `http://127.0.0.1:${port}`;
    const secret = secretOf(await registerAs('mod_auth_openidc', store, { app }));
    // A token of less than the minute that the page names is one that the module refreshes at once.
    service = await startServiceOn(store, { ACCESS_TOKEN_TTL: '30' });
    const [configuration = ''] = blocksOf('mod_auth_openidc', 'apache', { issuer: service.url, app });
    const env = { TESSERA_SECRET: secret, OIDC_PASSPHRASE: 'a passphrase of the tests' };
    return startApache(port, configuration, application.url, env);
  });
  afterAll(() => service.stop());

  async function logIn(page: Page): Promise<void> {
    await page.goto(`${apache.url}/notes`);
    await submitPassword(page);
    await page.waitForURL(`${apache.url}/notes`);
  }

  it('given a page behind it, when an end-user opens it, then they log in, have fresh tokens, and sign out of both', async () => {
    const { page, problems } = await openPage(browser);
    const told = async () => JSON.parse((await page.textContent('body')) ?? '') as Record<string, string>;

    await logIn(page);
    const first = await told();
    await page.reload();
    const second = await told();
    const answer = await askWith(service, second['accessToken']);
    await page.goto(`${apache.url}/oidc?logout=${encodeURIComponent(`${apache.url}/goodbye`)}`);
    const left = page.url();
    await page.goto(`${apache.url}/notes`);

    expect([first['sub'], second['sub']]).toEqual(['user0', 'user0']);
    expect(second['accessToken']).not.toBe(first['accessToken']);
    expect(answer.status).toBe(200);
    expect(left).toBe(`${apache.url}/goodbye`);
    expect(new URL(page.url()).origin + new URL(page.url()).pathname).toBe(`${service.url}/login`);
    expect(problems).toEqual([]);
  });

  it('given an end-user who signs out at the server, when that is told to the module, then the page asks for a login', async () => {
    const { page } = await openPage(browser);
    await logIn(page);
    const signedOut = async () => {
      await page.goto(`${apache.url}/notes`);
      return page.url().startsWith(`${service.url}/login`);
    };
    const before = await signedOut();

    await page.goto(`${service.url}/logout`);
    await page.getByRole('button').click();
    await page.waitForLoadState();

    expect(before).toBe(false);
    await eventually(signedOut, { withinMs: 20_000 });
  });
});

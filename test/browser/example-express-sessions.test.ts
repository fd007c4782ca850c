import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchBrowser, openPage, submitPassword } from '../support/browser/browser';
import { startExample } from '../support/clients/example';
import { eventually } from '../support/run/eventually';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { freePort } from '../support/run/free-port';
import { startServiceOn } from '../support/service/service';
import { emptyStore } from '../support/stores/stores';

describe('examples/express-sessions in chromium', () => {
  let app: string;

  const store = fixture(() => emptyStore('lmdb'));
  const service = fixture(() => startServiceOn(store));
  const browser = fixture(launchBrowser);
  const example = fixture(async () => {
    const PORT = String(await freePort());
    return startExample('express-sessions', [], { ...store.env, ISSUER: service.url, PORT });
  });
  beforeAll(async () => {
    [, app = ''] = await example.written(/Open (http:\S+)/);
  });
  const watched = fixtureOfEach(() => openPage(browser));

  /** Opens the page that is for who is logged in, which leads through the login and back to it. */
  async function logIn(page: Page): Promise<void> {
    await page.goto(`${app}/profile`);
    await submitPassword(page);
    await page.waitForURL(`${app}/profile`);
  }

  it('given nobody is logged in, when the profile is opened, then it leads through the login and back, and an API is called', async () => {
    const { page, problems } = watched;
    await page.goto(app);
    const before = await page.locator('body').innerText();

    await logIn(page);

    expect(before).toContain('Nobody is logged in');
    expect(await page.locator('code').innerText()).toContain('"client_id":"example-express"');
    await page.goto(app);
    expect(await page.locator('body').innerText()).toContain('You are user0');
    expect(problems).toEqual([]);
  });

  it('given a login, when it is over, then the browser has a cookie that no script reads, and no token', async () => {
    const { context, page } = watched;
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    await logIn(page);

    const cookies = (await context.cookies(app)).filter(({ name }) => name === 'tessera-session');
    const stored = await page.evaluate(() => [
      document.cookie,
      ...Object.values({ ...localStorage, ...sessionStorage }),
    ]);

    expect(cookies).toEqual([expect.objectContaining({ httpOnly: true, sameSite: 'Lax', path: '/' })]);
    expect(stored).toEqual(['']);
    expect(urls.filter((url) => /eyJ|code_verifier/.test(url))).toEqual([]);
  });

  it('given an end-user, when they log out, then the session is over here and at the service', async () => {
    const { page, problems } = watched;
    await logIn(page);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(`${app}/`);

    await page.goto(`${app}/profile`);

    expect(new URL(page.url()).origin).toBe(service.url);
    expect(await page.getByLabel('Username').count()).toBe(1);
    expect(problems).toEqual([]);
  });

  it('given an end-user, when they end the session at the service, then the application knows nobody any more', async () => {
    const { page, problems } = watched;
    await logIn(page);
    await page.goto(`${service.url}/logout`);
    await page.getByRole('button', { name: 'Sign out' }).click();

    await eventually(
      async () => {
        await page.goto(app);
        return (await page.locator('body').innerText()).includes('Nobody is logged in');
      },
      { withinMs: 30_000 },
    );
    expect(problems).toEqual([]);
  });

  it('given a callback that no login of this browser waits for, when it is opened, then it is the example’s error page, and a way out', async () => {
    const { page } = watched;
    await page.goto(`${app}/auth/callback?state=unknown&code=unknown`);
    const text = await page.locator('body').innerText();
    await page.getByRole('link', { name: 'Log in again' }).click();

    expect(text).toContain('login_unknown');
    expect(new URL(page.url()).pathname).toBe('/login');
  });
});

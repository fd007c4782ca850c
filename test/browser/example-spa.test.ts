import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchBrowser, openPage, submitPassword } from '../support/browser/browser';
import { startExample } from '../support/clients/example';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { startService } from '../support/service/service';

/** What chromium writes to the console of a page that has no connection. */
const disconnected = /net::ERR_INTERNET_DISCONNECTED/;

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const says = (page: Page, text: string) => page.getByRole('status').getByText(text).waitFor();
const answers = (page: Page, text: string) => page.locator('output').getByText(text).waitFor();
const heldBy = (page: Page) =>
  page.evaluate(() => Object.values({ ...sessionStorage }).flatMap((entry) => JSON.parse(entry).value ?? []));

describe('examples/spa in chromium', () => {
  let app: string;
  /** Whatever was written to a console, and every URL that was asked for, but the one that the code comes back in. */
  let shown: string[];
  /** All that came from the service and is worth something to a thief. */
  let credentials: Set<string>;

  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const example = fixture(() => startExample('spa', [], { ISSUER: service.url, PORT: '0' }));
  beforeAll(async () => {
    [, app = ''] = await example.written(/Open (http:\S+)/);
  });

  const watched = fixtureOfEach(() => openPage(browser));
  beforeEach(async () => {
    [shown, credentials] = [[], new Set()];
    watched.context.on('console', (message) => shown.push(message.text(), message.location().url));
    watched.context.on('request', (request) => {
      const url = new URL(request.url());
      const body = new URLSearchParams(request.postData() ?? '');
      for (const name of ['code', 'code_verifier', 'refresh_token']) credentials.add(body.get(name) ?? '');
      if (url.pathname !== '/callback') shown.push(url.href);
    });
    await logIn(watched.page);
  });

  async function logIn(page: Page): Promise<void> {
    await page.goto(app);
    await press(page, 'Log in');
    await submitPassword(page);
    await says(page, 'Logged in as user0');
  }

  it('given a login, when its API is called and the tokens are refreshed, then both succeed', async () => {
    const { page, problems } = watched;

    await press(page, 'Who am I?');
    await answers(page, '"sub":"user0"');
    await press(page, 'Refresh');
    await answers(page, 'There are new tokens');
    await press(page, 'Who am I?');
    await answers(page, '"sub":"user0"');

    expect(page.url()).toBe(`${app}/`);
    expect(problems).toEqual([]);
  });

  it('given a login, when the page is reloaded, then it is logged in, and asks nobody', async () => {
    const { page, problems } = watched;
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).origin));

    await page.reload();
    await says(page, 'Logged in as user0');
    const origins = new Set(asked);
    await press(page, 'Who am I?');
    await answers(page, '"sub":"user0"');

    expect([...origins].filter((origin) => origin !== 'null')).toEqual([app]);
    expect(problems).toEqual([]);
  });

  it('given two tabs, when one logs out, then the other one shows it, and the login page asks again', async () => {
    const { page, context, problems } = watched;
    const other = await context.newPage();

    await other.goto(app);
    await says(other, 'Logged in as user0');
    await press(page, 'Log out');
    await says(page, 'Nobody is logged in');
    await says(other, 'Nobody is logged in');
    await press(other, 'Log in');
    await other.getByLabel('Username').waitFor();

    expect(page.url()).toBe(`${app}/`);
    expect(problems).toEqual([]);
  });

  it('given no connection, when the API is called, then the page says so, stays logged in, and goes on when it is back', async () => {
    const { page, context, problems } = watched;

    await context.setOffline(true);
    await press(page, 'Who am I?');
    await answers(page, 'Try again later');
    await says(page, 'Logged in as user0');
    await context.setOffline(false);
    await press(page, 'Who am I?');
    await answers(page, '"sub":"user0"');

    expect(problems.filter((problem) => !disconnected.test(problem))).toEqual([]);
  });

  it('given an end-user who comes back by the history, when the callback is opened again, then nobody is logged out by it', async () => {
    const { page, problems } = watched;

    await page.goto(`${app}/callback?code=a-code&state=a-state&iss=${encodeURIComponent(service.url)}`);
    await answers(page, 'Begin the login again.');
    await says(page, 'Logged in as user0');

    expect(page.url()).toBe(`${app}/`);
    expect(problems).toEqual([]);
  });

  it('given a login, a refresh and an error, when it is looked through what outlives the page, was asked for and was written, then there is no credential', async () => {
    const { page } = watched;
    const held = await heldBy(page);

    await press(page, 'Refresh');
    await answers(page, 'There are new tokens');
    held.push(...(await heldBy(page)));
    await watched.context.setOffline(true);
    await press(page, 'Refresh');
    await answers(page, 'Try again later');
    await watched.context.setOffline(false);
    const stores = await page.evaluate(() => [localStorage.length, document.cookie, location.href]);
    await press(page, 'Log out');
    await says(page, 'Nobody is logged in');
    const left = await heldBy(page);

    for (const value of held) {
      const { accessToken, refreshToken, idToken } = JSON.parse(value) as Record<string, string>;
      for (const credential of [accessToken, refreshToken, idToken]) credentials.add(credential ?? '');
    }
    credentials.delete('');
    expect(credentials.size).toBeGreaterThan(6);
    expect(shown.length).toBeGreaterThan(6);
    expect([...credentials].filter((credential) => shown.some((each) => each.includes(credential)))).toEqual([]);
    expect(stores).toEqual([0, '', `${app}/`]);
    expect(left).toEqual([]);
  });
});

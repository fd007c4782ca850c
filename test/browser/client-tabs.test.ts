import { beforeEach, describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page, Route } from 'playwright-core';
import { launchBrowser, openPage } from '../support/browser/browser';
import {
  accessToken,
  enterPassword,
  isReady,
  refreshed,
  serveClientPage,
  statusOfMe,
  tokenRequestsOf,
} from '../support/browser/client-page';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { startService } from '../support/service/service';

/** What a page of the application has on its window. */
declare const client: import('../../packages/client/src/index').Client;
/** Of finishing twice, on the page of the callback. */
declare const outcomes: readonly string[];

const outcomesOf = (page: Page) => page.evaluate(() => outcomes);
const codeOf = (page: Page, call: 'refresh' | 'accessToken') =>
  page.evaluate(
    (name) =>
      client[name]().then(
        () => 'succeeded',
        ({ code }: { code: string }) => code,
      ),
    call,
  );

describe('the tabs of a browser that share a login by @tessera/client', () => {
  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const application = fixture(() => serveClientPage(service, { pushed: true }));

  const watched = fixtureOfEach(() => openPage(browser));
  beforeEach(() => logIn(watched.page));

  async function logIn(page: Page): Promise<void> {
    await page.goto(`${application.app}/`);
    await isReady(page);
    await page.evaluate(() => void client.login());
    await enterPassword(page);
  }

  async function openTab(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${application.app}/`);
    await isReady(page);
    return page;
  }

  const openTabs = (context: BrowserContext, count: number) =>
    Promise.all(Array.from({ length: count }, () => openTab(context)));

  it('given ten tabs, when all refresh at once, then one asks, and all can go on with what it brought', async () => {
    const { context, page, problems } = watched;
    const tabs = [page, ...(await openTabs(context, 9))];
    const before = await Promise.all(tabs.map(accessToken));
    const posted = tokenRequestsOf(context, service);

    const fresh = await Promise.all(tabs.map(refreshed));
    const answers = await Promise.all(tabs.map((tab) => statusOfMe(service, tab)));

    expect(new Set(before).size).toBe(1);
    expect(new Set(fresh).size).toBe(1);
    expect(fresh[0]).not.toBe(before[0]);
    expect(posted.filter((form) => form.get('grant_type') === 'refresh_token')).toHaveLength(1);
    expect(answers).toEqual(tabs.map(() => 200));
    expect(problems).toEqual([]);
  });

  it('given a login, when everything that outlives the page is looked through, then there is no credential, and the key is a handle', async () => {
    const { page, problems } = watched;

    const left = await page.evaluate(async () => {
      const pair = await new Promise<CryptoKeyPair>((resolve) => {
        const opening = indexedDB.open('tessera');
        opening.addEventListener('success', () => {
          const request = opening.result.transaction('keys').objectStore('keys').get('dpop');
          request.addEventListener('success', () => resolve(request.result as CryptoKeyPair));
        });
      });
      const exported = await crypto.subtle.exportKey('jwk', pair.privateKey).catch((error: Error) => error.name);
      return {
        stores: [localStorage.length, sessionStorage.length],
        cookie: document.cookie,
        url: location.href,
        exported,
      };
    });

    expect(left).toEqual({
      stores: [0, 0],
      cookie: '',
      url: `${application.app}/callback`,
      exported: 'InvalidAccessError',
    });
    expect(problems).toEqual([]);
  });

  it('given a tab that is closed while it refreshes, when the others refresh, then they go on with the session', async () => {
    const { context, page } = watched;
    const [closing, other] = (await openTabs(context, 2)) as [Page, Page];
    await Promise.all([page, closing, other].map(accessToken));
    const asked = new Promise<void>((resolve) => {
      // The service has rotated, and its answer never arrives.
      void closing.route('**/token', async (route) => {
        await route.fetch();
        resolve();
      });
    });

    const lost = closing.evaluate(() => void client.refresh());
    await asked;
    await closing.close();
    await lost;
    const tokens = await Promise.all([page, other].map(refreshed));

    expect(new Set(tokens).size).toBe(1);
    expect(await Promise.all([page, other].map((tab) => statusOfMe(service, tab)))).toEqual([200, 200]);
  });

  it('given a tab that is frozen while it refreshes, when another one refreshes, then that does not wait for it, and both go on', async () => {
    const { context, page } = watched;
    const frozen = await openTab(context);
    const before = await accessToken(frozen);
    // Nothing ends its request, neither an answer nor a timer, so that it keeps its lock.
    await frozen.evaluate(() => {
      AbortSignal.timeout = () => new AbortController().signal;
    });
    let isFrozen = true;
    const asked = new Promise<Route>((resolve) => {
      void frozen.route('**/token', (route) => (isFrozen ? resolve(route) : route.continue()));
    });

    await frozen.evaluate(() => void client.refresh().catch(() => undefined));
    const request = await asked;
    const fresh = await refreshed(page);
    isFrozen = false;
    await request.abort();
    const again = await refreshed(frozen);

    expect(new Set([before, fresh, again]).size).toBe(3);
    expect(await Promise.all([page, frozen].map((tab) => statusOfMe(service, tab)))).toEqual([200, 200]);
  });

  it('given an answer that is lost, when the tab asks again, then it has the tokens, and nobody is logged out', async () => {
    const { page } = watched;
    let tries = 0;
    await page.route('**/token', async (route) => {
      tries += 1;
      if (tries > 1) return route.continue();
      await route.fetch();
      await route.abort();
    });

    await refreshed(page);

    expect(tries).toBe(2);
    expect(await statusOfMe(service, page)).toBe(200);
  });

  it('given no connection, when a tab asks, then what is still good is used, and it goes on when the connection is back', async () => {
    const { context, page } = watched;
    const held = await accessToken(page);

    await context.setOffline(true);
    const offline = [await codeOf(page, 'refresh'), await codeOf(page, 'accessToken')];
    const still = await accessToken(page);
    await context.setOffline(false);
    const fresh = await refreshed(page);

    expect(offline).toEqual(['service_unreachable', 'succeeded']);
    expect(still).toBe(held);
    expect(fresh).not.toBe(held);
  });

  it('given a service that is away for a while, when a tab asks, then what is held stays, and it goes on when the service is back', async () => {
    const { page } = watched;
    const held = await accessToken(page);
    const headers = { 'access-control-allow-origin': '*', 'retry-after': '5' };
    let lost = 0;
    await page.route('**/token', (route) =>
      route.fulfill({ status: 503, headers, json: { error: 'temporarily_unavailable' } }),
    );

    const away = [await codeOf(page, 'refresh'), await codeOf(page, 'accessToken')];
    const still = await accessToken(page);
    await page.unroute('**/token');
    // It is back, and the first connections are reset all the same.
    await page.route('**/token', (route) => ((lost += 1) < 4 ? route.abort('connectionreset') : route.continue()));
    const fresh = await refreshed(page);

    expect(away).toEqual(['temporarily_unavailable', 'succeeded']);
    expect(still).toBe(held);
    expect(fresh).not.toBe(held);
    expect(await statusOfMe(service, page)).toBe(200);
  });

  it('given a callback, when its URL is opened again and the end-user goes back, then no code is sent again and the login stays', async () => {
    const { context, page, problems } = watched;
    const posted = tokenRequestsOf(context, service);
    const opened = new Promise<string>((resolve) => {
      page.on('request', (request) => {
        if (request.url().startsWith(`${application.app}/callback?`)) resolve(request.url());
      });
    });
    const first = await outcomesOf(page);
    await page.evaluate(() => {
      document.title = 'leaving';
      void client.login();
    });
    const callback = await opened;
    await isReady(page);
    const held = await accessToken(page);

    const again = await context.newPage();
    await again.goto(callback);
    await isReady(again);
    const other = await outcomesOf(again);
    const shared = await accessToken(again);
    await page.goBack();
    await isReady(page);
    await page.goForward();
    await isReady(page);

    expect([first, other]).toEqual([
      ['fulfilled', 'fulfilled'],
      ['login_unknown', 'login_unknown'],
    ]);
    const codes = posted.flatMap((form) => form.getAll('code'));
    expect(new Set(codes).size).toBe(codes.length);
    expect([page.url(), again.url()]).toEqual([`${application.app}/callback`, `${application.app}/callback`]);
    expect([shared, await accessToken(page)]).toEqual([held, held]);
    expect(problems).toEqual([]);
  });

  it('given several tabs, when one logs out, then none is logged in, and the login page asks again', async () => {
    const { context, page, problems } = watched;
    const other = await openTab(context);
    await accessToken(other);

    await page.evaluate((url) => void client.logout({ postLogoutRedirectUri: url }), `${application.app}/`);
    await page.waitForURL(`${application.app}/`);
    await isReady(page);
    await other.evaluate(() => void client.login());
    await other.getByLabel('Username').waitFor();

    expect(await accessToken(page)).toBeUndefined();
    expect(problems).toEqual([]);
  });
});

import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
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
import { eventually } from '../support/run/eventually';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { startService } from '../support/service/service';

/** What a page of the application has on its window. */
declare const client: import('../../packages/client/src/index').Client;
/** Since it was shown last: whether it came out of the back/forward cache, and the access token that it found then. */
declare const shown: readonly [isRestored: boolean, accessToken: string | undefined] | readonly [];

/** In milliseconds: on a busy machine the other tab answers late, and what a page finds at first is looked at here. */
const patience = 1_000;

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await isReady(page);
  await page.waitForFunction(() => shown.length === 2);
}

const isShown = (url: string) => document.title === 'ready' && location.href === url && shown.length === 2;

/** As the buttons of the browser do. The page is there as it was left, or is loaded again. */
async function travel(page: Page, steps: number, url: string): Promise<void> {
  await page.evaluate((delta) => void setTimeout(() => history.go(delta)), steps);
  // Playwright announces no page that comes out of the cache, and what it asks of the one before fails.
  await eventually(() => page.evaluate(isShown, url).catch(() => false), { withinMs: 20_000 });
}

const isRestored = (page: Page) => page.evaluate(() => shown[0]);
const found = (page: Page) => page.evaluate(() => shown[1]);

describe('a page by @tessera/client that the end-user comes back to by the history', () => {
  let posted: URLSearchParams[];

  const service = fixture(startService);
  const browser = fixture(() => launchBrowser({ ignoreDefaultArgs: ['--disable-back-forward-cache'] }));
  const watched = fixtureOfEach(() => openPage(browser));
  beforeEach(() => {
    posted = tokenRequestsOf(watched.context, service);
  });

  /** Whatever was sent once at most: by its parameter. */
  const sent = (name: 'code_verifier' | 'refresh_token') => posted.flatMap((form) => form.getAll(name));

  describe.each([
    ['memory', `sharedStorage({ patience: ${patience} })`],
    ['sessionStorage', `sharedStorage({ storage: sessionStorage, patience: ${patience} })`],
  ])('with tokens in %s', (_, tokens) => {
    const application = fixture(() => serveClientPage(service, {}, tokens));
    const callback = () => `${application.app}/callback`;

    beforeEach(async () => {
      const { page } = watched;
      await open(page, `${application.app}/`);
      await page.evaluate(() => void client.login());
      await enterPassword(page);
      await page.waitForFunction(() => shown.length === 2);
    });

    it('given a login, when the end-user goes to another origin and back, then the page is as it was left, and its session goes on', async () => {
      const { page, problems } = watched;
      const held = await accessToken(page);

      await page.goto(`${service.url}/`);
      await travel(page, -1, callback());
      const restored = [await isRestored(page), await found(page)];
      const fresh = await refreshed(page);

      expect(restored).toEqual([true, held]);
      expect(fresh).not.toBe(held);
      expect(await statusOfMe(service, page)).toBe(200);
      expect(sent('code_verifier')).toHaveLength(1);
      expect(problems).toEqual([]);
    });

    it('given a login, when the end-user goes back to the page that began it, and to the login page, then no verifier is sent again', async () => {
      const { page, problems } = watched;

      await travel(page, await page.evaluate(() => 2 - history.length), `${application.app}/`);
      await page.evaluate(() => void client.login());
      await page.waitForURL(callback());
      await isReady(page);

      expect(await statusOfMe(service, page)).toBe(200);
      expect(sent('code_verifier')).toHaveLength(2);
      expect(new Set(sent('code_verifier')).size).toBe(2);
      expect(problems).toEqual([]);
    });

    it('given another tab that refreshes meanwhile, when the end-user comes back, then the page has the new tokens, and goes on', async () => {
      const { context, page, problems } = watched;
      const other = await context.newPage();
      await open(other, `${application.app}/`);

      await page.goto(`${service.url}/`);
      const fresh = await refreshed(other);
      await travel(page, -1, callback());

      expect(await found(page)).toBe(fresh);
      expect(await refreshed(page)).not.toBe(fresh);
      expect([await statusOfMe(service, page), await statusOfMe(service, other)]).toEqual([200, 200]);
      expect(new Set(sent('refresh_token')).size).toBe(2);
      expect(sent('code_verifier')).toHaveLength(1);
      expect(problems).toEqual([]);
    });

    it('given another tab that logs out meanwhile, when the end-user comes back, then nobody is logged in', async () => {
      const { context, page, problems } = watched;
      const other = await context.newPage();
      await open(other, `${application.app}/elsewhere`);

      await page.goto(`${service.url}/`);
      await other.evaluate((url) => void client.logout({ postLogoutRedirectUri: url }), `${application.app}/`);
      await other.waitForURL(`${application.app}/`);
      await isReady(other);
      await travel(page, -1, callback());

      expect(await found(page)).toBeUndefined();
      expect(await accessToken(page)).toBeUndefined();
      expect(problems).toEqual([]);
    });
  });

  describe('where the pages of a tab find its tokens in sessionStorage', () => {
    const application = fixture(() =>
      serveClientPage(service, {}, `sharedStorage({ storage: sessionStorage, patience: ${patience} })`),
    );

    beforeEach(async () => {
      const { page } = watched;
      await open(page, `${application.app}/`);
      await page.evaluate(() => void client.login());
      await enterPassword(page);
      await open(page, `${application.app}/elsewhere`);
    });

    it('given a page that refreshed, when the end-user goes back to the one before, then that goes on with the new tokens', async () => {
      const { page, problems } = watched;

      const fresh = await refreshed(page);
      await travel(page, -1, `${application.app}/callback`);

      expect(await found(page)).toBe(fresh);
      expect(await refreshed(page)).not.toBe(fresh);
      expect(await statusOfMe(service, page)).toBe(200);
      expect(sent('code_verifier')).toHaveLength(1);
      expect(problems).toEqual([]);
    });

    it('given a page that ended the grant, when the end-user goes back to the one before, then nobody is logged in', async () => {
      const { page, problems } = watched;

      await page.evaluate(() => client.revoke());
      await travel(page, -1, `${application.app}/callback`);

      expect(await found(page)).toBeUndefined();
      expect(problems).toEqual([]);
    });
  });
});

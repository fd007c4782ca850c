import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchBrowser, openPage } from '../support/browser/browser';
import { enterPassword, isReady, serveClientPage, statusOfMe, tokenRequestsOf } from '../support/browser/client-page';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { startService } from '../support/service/service';

/** What a page of the application has on its window. */
declare const client: import('../../packages/client/src/index').Client;
/** Of finishing twice, on the page of the callback. */
declare const outcomes: readonly string[];
declare const advice: string | undefined;

/** All that the tab keeps for this origin. */
const kept = (page: Page) => page.evaluate(() => JSON.stringify({ ...sessionStorage }));
const toldOn = (page: Page) => page.evaluate(() => [outcomes[0], advice]);
const stateIn = (url: string) => new URL(url).searchParams.get('state') ?? 'no state';

async function goToLogin(page: Page): Promise<void> {
  await page.evaluate(() => void client.login());
  await page.getByLabel('Username').waitFor();
}

/** As a browser duplicates a tab: with a copy of its sessionStorage, that of other origins too. */
async function duplicateOf(page: Page): Promise<Page> {
  const opened = page.waitForEvent('popup');
  await page.evaluate(() => void open(location.href));
  const copy = await opened;
  await copy.getByLabel('Username').waitFor();
  return copy;
}

const tooLate = ['login_unknown', 'This callback is old or used. Begin the login again.'];

describe('a login by @tessera/client that waits in a tab', () => {
  /** All that is posted to `/token`. */
  let posted: URLSearchParams[];

  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const application = fixture(() => serveClientPage(service));

  const watched = fixtureOfEach(() => openPage(browser));
  beforeEach(() => {
    posted = tokenRequestsOf(watched.context, service);
  });

  async function open(page: Page): Promise<void> {
    await page.goto(`${application.app}/`);
    await isReady(page);
  }

  const verifiers = () => posted.flatMap((form) => form.getAll('code_verifier'));

  describe('for 15 minutes', () => {
    beforeEach(() => watched.context.clock.install());

    it('given a page that stays, when 15 minutes have passed and nobody calls, then verifier and state are gone, and the callback is unknown', async () => {
      const { page, problems } = watched;
      await open(page);

      const state = stateIn(await page.evaluate(() => client.begin()));
      await page.clock.fastForward('14:30');
      const before = await kept(page);
      await page.clock.fastForward('00:30');
      await page.waitForFunction(() => sessionStorage.length === 0);
      await page.goto(`${application.app}/callback?code=a-code&state=${state}&iss=${encodeURIComponent(service.url)}`);
      await isReady(page);

      expect(before).toContain(state);
      expect(before).toContain('codeVerifier');
      expect(await toldOn(page)).toEqual(tooLate);
      expect(posted).toEqual([]);
      expect(problems).toEqual([]);
    });

    it('given an end-user who comes back from the login page without a login, when the 15 minutes are over, then verifier and state are gone', async () => {
      const { page, problems } = watched;
      await open(page);

      await goToLogin(page);
      const state = stateIn(page.url());
      await page.clock.fastForward('10:00');
      await page.goBack();
      await isReady(page);
      const before = await kept(page);
      await page.clock.fastForward('05:00');
      await page.waitForFunction(() => sessionStorage.length === 0);

      expect(before).toContain(state);
      expect(problems).toEqual([]);
    });

    it('given an end-user who logs in later than that, when the browser comes back, then the login is unknown, and no verifier is kept or sent', async () => {
      const { page, problems } = watched;
      await open(page);

      await goToLogin(page);
      await page.clock.fastForward('15:00');
      await enterPassword(page);

      expect(await toldOn(page)).toEqual(tooLate);
      expect(await kept(page)).toBe('{}');
      expect(posted).toEqual([]);
      expect(problems).toEqual([]);
    });
  });

  describe('in a tab that is duplicated at the login page', () => {
    it('given one that logged in, when the other one does, then that has the login of the first one, and the verifier was sent once', async () => {
      const { page, problems } = watched;
      await open(page);
      await goToLogin(page);
      const copy = await duplicateOf(page);

      await enterPassword(page);
      await enterPassword(copy);

      expect(await page.evaluate(() => outcomes[0])).toBe('fulfilled');
      expect(await toldOn(copy)).toEqual(tooLate);
      expect([await statusOfMe(service, page), await statusOfMe(service, copy)]).toEqual([200, 200]);
      expect([await kept(page), await kept(copy)]).toEqual(['{}', '{}']);
      expect(verifiers()).toHaveLength(1);
      expect(problems).toEqual([]);
    });

    it('given both at once, when both come back, then one has logged in, the other has its login, and the verifier was sent once', async () => {
      const { page, problems } = watched;
      await open(page);
      await goToLogin(page);
      const copy = await duplicateOf(page);

      await Promise.all([enterPassword(page), enterPassword(copy)]);
      const told = await Promise.all([page, copy].map((tab) => tab.evaluate(() => outcomes[0])));

      expect(told.toSorted()).toEqual(['fulfilled', 'login_unknown']);
      expect(verifiers()).toHaveLength(1);
      expect(problems).toEqual([]);
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import { createClient } from '@tessera/client';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { fillInPassword, launchBrowser, pagesOf } from '../support/browser/browser';
import { listenForCallback } from '../support/clients/callback-listener';
import { registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

/** Its clock stands still but for what a test runs of it, so that no machine is too slow or too fast. */
async function stopped(page: Page): Promise<void> {
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
}

const allow = (page: Page) => page.getByRole('button', { name: 'Allow' });
const isAt = (page: Page) => new URL(page.url()).origin;
const isReady = async (page: Page) => (await allow(page).getAttribute('aria-disabled')) === 'false';

/** As a mouse does it, which waits for nothing. */
async function press(page: Page, clickCount = 1): Promise<void> {
  const { x = 0, y = 0, width = 0, height = 0 } = (await allow(page).boundingBox()) ?? {};
  await page.mouse.click(x + width / 2, y + height / 2, { clickCount });
}

describe('“Allow” of the consent page in chromium', () => {
  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const app = fixture(listenForCallback);
  const newPage = pagesOf(browser);

  const isCallback = (url: URL) => url.origin === app.origin;

  /** The consent page of a third party, for an end-user who has just logged in. */
  async function reachConsent(options?: BrowserContextOptions, prepare: (page: Page) => Promise<void> = stopped) {
    const { page } = await newPage(options);
    const { clientId } = await registerClient(service, { firstParty: false });
    const login = createClient({ issuer: service.url, clientId, redirectUri: `${app.origin}/callback` });
    await page.goto(await login.begin());
    await fillInPassword(page);
    await prepare(page);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'Allow access?' }).waitFor();
    return page;
  }

  it('given a page that has just come into sight, when it is clicked, then nothing is allowed until half a second is over', async () => {
    const page = await reachConsent();

    await press(page, 2);
    await page.clock.runFor(499);
    const before = await isReady(page);
    await press(page);
    await allow(page).focus();
    await page.keyboard.press('Enter');
    const still = isAt(page);
    await page.clock.runFor(1);
    const after = await isReady(page);
    await press(page);
    await page.waitForURL(isCallback);

    expect([before, still, after]).toEqual([false, service.url, true]);
    expect(new URL(page.url()).searchParams.has('code')).toBe(true);
  });

  it.each([
    ['loses its focus', 'hasFocus', 'blur', 'focus'],
    ['is hidden', 'visibilityState', 'visibilitychange', 'visibilitychange'],
  ] as const)(
    'given a page in sight, when it %s and comes back, then it must be in sight for half a second once more',
    async (_what, property, away, back) => {
      const page = await reachConsent();
      const tell = (isInSight: boolean, event: string) =>
        page.evaluate(
          ([name, inSight, type]) => {
            const value = name === 'hasFocus' ? () => inSight : inSight ? 'visible' : 'hidden';
            Object.defineProperty(document, name, { value, configurable: true });
            (type === 'visibilitychange' ? document : window).dispatchEvent(new Event(type));
          },
          [property, isInSight, event] as const,
        );
      await page.clock.runFor(500);
      const first = await isReady(page);

      await tell(false, away);
      await page.clock.runFor(5_000);
      const whileAway = await isReady(page);
      await tell(true, back);
      await press(page, 2);
      await page.clock.runFor(499);
      const early = [await isReady(page), isAt(page)];
      await page.clock.runFor(1);

      expect([first, whileAway, ...early, await isReady(page)]).toEqual([true, false, false, service.url, true]);
    },
  );

  it('given a page that has just come into sight, when it is denied, then that counts at once', async () => {
    const page = await reachConsent();

    await page.getByRole('button', { name: 'Deny' }).click();
    await page.waitForURL(isCallback);

    expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied');
  });

  it('given no JavaScript, when it is clicked, then it counts at once', async () => {
    const page = await reachConsent({ javaScriptEnabled: false }, async () => undefined);

    await press(page);
    await page.waitForURL(isCallback);

    expect(new URL(page.url()).searchParams.has('code')).toBe(true);
  });
});

import { describe, expect, it } from '@jest/globals';
import { type Client, createClient } from '@tessera/client';
import type { BrowserContextOptions } from 'playwright-core';
import type { Hex } from 'viem';
import { fillInPassword, launchBrowser, pagesOf, submitPassword } from '../support/browser/browser';
import { listenForCallback } from '../support/clients/callback-listener';
import { injectWallet } from '../support/browser/injected-wallet';
import { picture } from '../support/browser/picture';
import { registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { newAccount } from '../support/clients/wallet';
import { whoIs } from '../support/clients/who-is';

const phone = {
  userAgent:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  hasTouch: true,
  isMobile: true,
  deviceScaleFactor: 2,
};

describe('the login page in chromium', () => {
  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const app = fixture(listenForCallback);
  const newPage = pagesOf(browser);

  const isCallback = (url: URL) => url.origin === app.origin;

  async function visit(options?: BrowserContextOptions) {
    return newPage(options);
  }

  function newLogin(clientId = 'demo-spa', path = '/callback'): Client {
    return createClient({
      issuer: service.url,
      clientId,
      redirectUri: `${app.origin}${path}`,
      scope: 'openid profile',
    });
  }

  async function reachConsent(options?: BrowserContextOptions) {
    const { page, context } = await visit(options);
    const account = await injectWallet(context, { name: 'Rusty', as: 'announced' });
    const login = newLogin('demo-partner', '/partner');
    await page.goto(await login.begin());
    await page.getByRole('button', { name: 'Sign in with Rusty wallet' }).click();
    await page.getByRole('heading', { name: 'Allow access?' }).waitFor();
    return { page, login, account };
  }

  describe('by password', () => {
    it('given only a keyboard, when an end-user logs in, then the code is theirs', async () => {
      const { page } = await visit();
      const login = newLogin();
      await page.goto(await login.begin());

      await page.keyboard.type('user0');
      await page.keyboard.press('Tab');
      await page.keyboard.type('password0');
      await page.keyboard.press('Enter');
      await page.waitForURL(isCallback);

      expect([...new URL(page.url()).searchParams.keys()].toSorted()).toEqual(['code', 'iss', 'state']);
      expect(await whoIs(login, page.url())).toMatchObject({ sub: 'user0', amr: ['pwd'] });
    });

    it('given no JavaScript, when an end-user logs in, then the code is theirs', async () => {
      const { page } = await visit({ javaScriptEnabled: false });
      const login = newLogin();
      await page.goto(await login.begin());

      await fillInPassword(page);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL(isCallback);

      expect(await whoIs(login, page.url())).toMatchObject({ sub: 'user0' });
    });

    it('given a wrong password, when it is sent, then the page says so, and the next try succeeds', async () => {
      const { page } = await visit();
      const login = newLogin();
      await page.goto(await login.begin());
      await page.getByLabel('Username').fill('user0');
      await page.getByLabel('Password').fill('wrong');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').waitFor();

      const [described, focused] = await page
        .getByLabel('Password')
        .evaluate((field) => [field.getAttribute('aria-describedby'), document.activeElement === field]);
      await page.keyboard.type('password0');
      await page.keyboard.press('Enter');
      await page.waitForURL(isCallback);

      expect([described, focused]).toEqual(['login-error', true]);
      expect(await whoIs(login, page.url())).toMatchObject({ sub: 'user0' });
    });

    it('given a session, when the client asks for a login, then the end-user sees the page and logs in once', async () => {
      const { page } = await visit();
      const login = newLogin();
      for (const extra of [{}, { prompt: 'login' }, { max_age: '1' }]) {
        service.clock.advance(2_000);
        await page.goto(await login.begin({ parameters: extra }));
        await submitPassword(page);
        await page.waitForURL(isCallback);
      }

      await page.goto(await login.begin());

      expect(new URL(page.url()).origin).toBe(app.origin);
    });

    it('given a form on another site, when it posts the password, then nobody is logged in', async () => {
      const attacker = await listenForCallback(
        `<form method="post" action="${service.url}/login"><input name="username" value="user0"><input name="password" value="password0"><button>Win</button></form>`,
      );
      const { page, context } = await visit();
      await page.goto(`${service.url}/login`);
      await page.goto(attacker.origin);

      await page.getByRole('button', { name: 'Win' }).click();
      await page.getByText('csrf_invalid').waitFor();

      const names = (await context.cookies()).map(({ name }) => name);
      await attacker.close();
      expect(names).not.toContain('tessera_session');
    });
  });

  describe('by wallet', () => {
    it.each(['announced', 'window.ethereum'] as const)(
      'given a wallet that is %s, when it signs, then the code is its account’s',
      async (as) => {
        const { page, context } = await visit();
        const account = await injectWallet(context, { name: 'Rusty', as, chainId: 8453 });
        const login = newLogin();
        await page.goto(await login.begin());

        await page
          .getByRole('button', { name: as === 'announced' ? 'Sign in with Rusty wallet' : 'Sign in with a wallet' })
          .click();
        await page.waitForURL(isCallback);

        expect(await whoIs(login, page.url())).toMatchObject({
          sub: `eip155:1:${account.address}`,
          amr: ['pop'],
          address: account.address,
        });
      },
    );

    it('given two wallets, when the second is chosen, then the code is its account’s', async () => {
      const { page, context } = await visit();
      await injectWallet(context, { name: 'Rusty', as: 'announced' });
      const second = await injectWallet(context, { name: 'Violet', as: 'announced' });
      const login = newLogin();
      await page.goto(await login.begin());

      const offered = await page.locator('button[data-challenge]').allInnerTexts();
      await page.getByRole('button', { name: 'Sign in with Violet wallet' }).click();
      await page.waitForURL(isCallback);

      expect(offered).toEqual(['Sign in with Rusty wallet', 'Sign in with Violet wallet']);
      expect(await whoIs(login, page.url())).toMatchObject({ sub: `eip155:1:${second.address}` });
    });

    it.each([
      [4001, 'You declined in your wallet. Nothing was signed.'],
      [-32_002, 'Your wallet has a question open. Answer it there first.'],
      [-32_603, 'Your wallet could not sign. Please try again.'],
    ])('given a wallet that refuses with %d, when it is asked, then the page says what to do', async (code, text) => {
      const { page, context } = await visit();
      await injectWallet(context, { name: 'Rusty', as: 'announced', refusesWith: code });
      await page.goto(await newLogin().begin());
      const button = page.getByRole('button', { name: 'Sign in with Rusty wallet' });

      await button.click();
      await page.getByRole('status').filter({ hasText: text }).waitFor();

      expect(await button.isEnabled()).toBe(true);
      expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
      expect(await context.cookies()).not.toContainEqual(expect.objectContaining({ name: 'tessera_session' }));
    });

    it('given a server that refuses the challenge, when the wallet is asked, then the page says why', async () => {
      const { page, context } = await visit();
      await injectWallet(context, { name: 'Rusty', as: 'announced' });
      await page.goto(await newLogin().begin());
      await context.clearCookies();

      await page.getByRole('button', { name: 'Sign in with Rusty wallet' }).click();
      const status = page.getByRole('status').filter({ hasText: 'Reload the page and try again.' });
      await status.waitFor();

      expect(await status.innerText()).toMatch(/^This form was not sent from the page/);
    });

    it('given a wallet that takes its time, when it is asked to sign, then the page names the chain and says until when it waits', async () => {
      const { page, context } = await visit();
      let answer: ((signature: Hex) => void) | undefined;
      const owners = { address: newAccount().address, sign: () => new Promise<Hex>((resolve) => (answer = resolve)) };
      await injectWallet(context, { name: 'Rusty', as: 'announced', chainId: 8453, account: owners });
      const { clientId } = await registerClient(service, { walletChallengeLifetime: 3_600 });
      await page.goto(await newLogin(clientId).begin());

      await page.getByRole('button', { name: 'Sign in with Rusty wallet' }).click();
      const waiting = page.getByRole('status').filter({ hasText: 'sign it on Base, until' });
      await waiting.waitFor();
      await picture(page, 'login-several-owners');

      const until = await page.evaluate(
        (time) => new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }),
        service.clock.now() + 3_600_000,
      );
      expect(await waiting.innerText()).toContain('keep this page open until enough of them have signed');
      // The page may have been asked a minute before the clock went on.
      expect(until.slice(0, 2)).toBe((await waiting.innerText()).match(/until (\d\d)/)?.[1]);
      answer?.('0x00');
      await page.getByText('signature_malformed').waitFor();
    });

    it('given no wallet, when the page is shown, then it offers none and says how to get one', async () => {
      const { page } = await visit();

      await page.goto(await newLogin().begin());

      expect(await page.locator('button[data-challenge]').isVisible()).toBe(false);
      expect(await page.getByRole('status').innerText()).toMatch(/open this page in a browser that has one/);
      expect(await page.locator('#wallet-browsers').isVisible()).toBe(false);
    });

    it.each([320, 390])(
      'given a phone of %d pixels without a wallet, when the page is shown, then it opens this very page in a wallet’s browser',
      async (width) => {
        const { page } = await visit({ ...phone, viewport: { width, height: 844 } });
        const login = newLogin();
        await page.goto(await login.begin());
        const here = page.url();

        const links = await page
          .locator('#wallet-browsers a')
          .evaluateAll((all) =>
            all.map((link) => [link.textContent, link.getAttribute('href'), link.getAttribute('rel')]),
          );
        await picture(page, `login-phone-${width}`);

        expect(links).toEqual([
          ['MetaMask', `https://link.metamask.io/dapp/${here.replace('http://', '')}`, 'noreferrer'],
          ['Coinbase Wallet', `https://go.cb-w.com/dapp?cb_url=${encodeURIComponent(here)}`, 'noreferrer'],
          [
            'Trust Wallet',
            `https://link.trustwallet.com/open_url?coin_id=60&url=${encodeURIComponent(here)}`,
            'noreferrer',
          ],
          ['Rainbow', `https://rnbwapp.com/dapp?url=${encodeURIComponent(here)}`, 'noreferrer'],
        ]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      },
    );

    it('given a wallet’s own browser on a phone, when the page is shown, then it offers that wallet alone', async () => {
      const { page, context } = await visit({ ...phone, viewport: { width: 390, height: 844 } });
      const account = await injectWallet(context, { name: 'Rusty', as: 'window.ethereum' });
      const login = newLogin();
      await page.goto(await login.begin());

      const offered = await page.locator('#wallet-browsers').isVisible();
      await page.getByRole('button', { name: 'Sign in with a wallet' }).click();
      await page.waitForURL(isCallback);

      expect(offered).toBe(false);
      expect(await whoIs(login, page.url())).toMatchObject({ sub: `eip155:1:${account.address}` });
    });

    it('given a phone and a wrong password, when the page comes back, then its links still lead to the whole request', async () => {
      const { page } = await visit({ ...phone, viewport: { width: 390, height: 844 } });
      const login = newLogin();
      await page.goto(await login.begin());
      const here = page.url();

      await page.getByLabel('Username').fill('user0');
      await page.getByLabel('Password').fill('wrong');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('alert').waitFor();

      const href = await page.getByRole('link', { name: 'Trust Wallet' }).getAttribute('href');
      expect(new URL(href ?? '').searchParams.get('url')).toBe(here);
    });
  });

  describe('the consent page', () => {
    it('given a third party, when it is allowed, then it gets a code, and is not asked about again', async () => {
      const { page, login, account } = await reachConsent();

      await page.getByRole('button', { name: 'Allow' }).click();
      await page.waitForURL(isCallback);
      const allowed = page.url();
      await page.goto(await login.begin());

      expect(await whoIs(login, allowed)).toMatchObject({ sub: `eip155:1:${account.address}` });
      expect(new URL(page.url()).origin).toBe(app.origin);
    });

    it('given a third party, when it is denied, then it is told access_denied', async () => {
      const { page, login } = await reachConsent();

      await page.getByRole('button', { name: 'Deny' }).click();
      await page.waitForURL(isCallback);

      await expect(login.finish(page.url())).rejects.toMatchObject({ code: 'access_denied' });
    });

    it('given 320 pixels, when it names an account by its address, then nothing is cut off', async () => {
      const { page, account } = await reachConsent({ viewport: { width: 320, height: 640 } });

      expect(await page.getByText(account.address).isVisible()).toBe(true);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    });
  });

  describe('layout', () => {
    const pages: readonly (readonly [name: string, path: () => string | Promise<string>])[] = [
      ['the login page', async () => newLogin().begin()],
      ['the error page', () => `${service.url}/authorize?client_id=demo-spa`],
    ];

    describe.each(pages)('of %s', (_name, path) => {
      it.each(['light', 'dark'] as const)(
        'given 320 pixels in %s, when it is shown, then nothing is cut off',
        async (colorScheme) => {
          const { page } = await visit({ colorScheme, viewport: { width: 320, height: 640 } });

          await page.goto(await path());

          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
        },
      );
    });
  });
});

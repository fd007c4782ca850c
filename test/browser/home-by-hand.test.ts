import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { fillInPassword, launchBrowser, pagesOf } from '../support/browser/browser';
import { injectWallet } from '../support/browser/injected-wallet';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

describe('a login by hand on the page of the comparison', () => {
  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const newPage = pagesOf(browser);

  async function visit(path = '/'): Promise<Page> {
    const opened = await newPage();
    await opened.page.goto(service.url + path);
    return opened.page;
  }

  async function openLoginPage(): Promise<Page> {
    const page = await visit();
    await page.getByRole('button', { name: 'Log in with PKCE' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    return page;
  }

  async function logInByPassword(): Promise<Page> {
    const page = await openLoginPage();
    await fillInPassword(page);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('You are logged in as user0.').waitFor();
    return page;
  }

  async function logInByWallet() {
    const { page, context } = await newPage();
    const account = await injectWallet(context, { name: 'Rusty', as: 'announced', chainId: 8453 });
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Sign in with Rusty wallet' }).click();
    await page.getByText(`You are logged in as eip155:1:${account.address}.`).waitFor();
    return { page, account };
  }

  describe('with PKCE', () => {
    it('given a password, when the browser comes back, then the code is redeemed and every step is shown', async () => {
      const page = await logInByPassword();

      expect(await page.locator('.step').count()).toBe(6);
      expect(await changesIn(page)).toEqual(['stored', 'gone']);
      expect(await page.locator('.step').last().innerText()).toContain('user0');
    });

    it('given a wallet on the login page, when it signs, then the code is redeemed for its account', async () => {
      const { page, context } = await newPage();
      const account = await injectWallet(context, { name: 'Rusty', as: 'announced' });
      await page.goto(service.url);
      await page.getByRole('button', { name: 'Log in with PKCE' }).click();

      await page.getByRole('button', { name: 'Sign in with Rusty wallet' }).click();

      await page.getByText(`You are logged in as eip155:1:${account.address}.`).waitFor();
    });

    it('given a login, when the page is looked at, then neither it nor its address nor the tab holds a credential', async () => {
      const page = await logInByPassword();

      const held = await page.evaluate(() => ({ address: location.href, waiting: sessionStorage.length }));
      const shown = await page.locator('body').innerText();

      expect(held).toEqual({ address: `${service.url}/demo/spa/callback`, waiting: 0 });
      expect(shown).toMatch(/code_verifier\s+sha256:[\w-]{8}/);
      expect(shown).not.toMatch(/eyJ/);
    });

    it('given a login, when the visitor sends the code again, then the answer is shown as defended', async () => {
      const page = await logInByPassword();

      await page.getByRole('button', { name: 'Be the thief: send it again' }).click();
      await page.locator('.attack').waitFor();

      expect(await page.locator('.attack .badge').innerText()).toBe('defended');
      expect(await page.locator('.attack').innerText()).toContain('400 code_used');
    });

    it('given another state, when an answer arrives, then its code is left alone', async () => {
      const page = await openLoginPage();

      await page.goto(`${service.url}/demo/spa/callback?code=stolen&state=of-somebody-else`);
      await page.getByText('The answer belongs to another login').waitFor();

      expect(await page.locator('.step').count()).toBe(0);
      expect(page.url()).toBe(`${service.url}/demo/spa/callback`);
    });

    it('given a tab that began no login, when a code arrives, then it is left alone', async () => {
      const page = await visit('/demo/spa/callback?code=stolen&state=any');

      await page.getByText('This tab has begun no login').waitFor();

      expect(await page.locator('.step').count()).toBe(0);
    });

    it('given a web application’s answer, when it arrives, then the page explains itself and forgets it', async () => {
      const page = await visit('/demo/web/callback?code=stolen&state=any');

      await page.getByText('Arrived and put aside: code, state.').waitFor();

      expect(page.url()).toBe(`${service.url}/demo/web/callback`);
      expect(await page.locator('body').innerText()).not.toContain('stolen');
    });
  });

  describe('with a wallet', () => {
    it('given a wallet, when it signs, then it is logged in without leaving the page and every step is shown', async () => {
      const { page, account } = await logInByWallet();

      expect(new URL(page.url()).pathname).toBe('/');
      expect(await page.locator('#wallet-result .step').count()).toBe(5);
      expect(await changesIn(page)).toEqual(['stored', 'gone']);
      expect(
        await page.locator('#wallet-result .step').last().locator('code[title]').last().getAttribute('title'),
      ).toBe(`eip155:1:${account.address}`);
    });

    it('given a login, when the visitor sends the signature again, then the answer is shown as defended', async () => {
      const { page } = await logInByWallet();

      await page.getByRole('button', { name: 'Be the thief: send it again' }).click();
      await page.locator('.attack').waitFor();

      expect(await page.locator('.attack').innerText()).toContain('400 challenge_used');
    });

    it('given a second login, when it ends, then only its own steps and one thief’s button are there', async () => {
      const { page } = await logInByWallet();

      await page.getByRole('button', { name: 'Sign in with Rusty wallet' }).click();
      await page.getByRole('button', { name: 'Be the thief: send it again' }).waitFor();

      expect(await page.locator('#wallet-result .step').count()).toBe(5);
    });

    it('given an end-user who declines, when the wallet is asked, then the page says so', async () => {
      const { page, context } = await newPage();
      await injectWallet(context, { name: 'Rusty', as: 'announced', refusesWith: 4001 });
      await page.goto(service.url);

      await page.getByRole('button', { name: 'Sign in with Rusty wallet' }).click();

      await page.getByText('You declined in your wallet. Nothing was signed.').waitFor();
    });

    it('given no wallet, when the page is shown, then it says what is missing', async () => {
      const page = await visit();

      const status = page.locator('#wallet-login-status', { hasText: 'a browser that has an Ethereum wallet' });
      await status.waitFor();

      expect(await page.locator('#wallet-logins button').isVisible()).toBe(false);
    });
  });

  it('given the page at another name of this machine, when it is opened, then it leads to where the clients are registered', async () => {
    const { page } = await newPage();
    await page.goto(service.url.replace('localhost', '127.0.0.1'));

    const link = page.getByRole('link', { name: service.url, exact: true });
    await link.waitFor();

    expect(await page.getByRole('button', { name: 'Log in with PKCE' }).isEnabled()).toBe(false);
  });
});

function changesIn(page: Page): Promise<(string | undefined)[]> {
  return page.locator('.change').evaluateAll((all) => all.map((change) => change.dataset['change']));
}

import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient } from '@tessera/client';
import type { BrowserContextOptions } from 'playwright-core';
import { launchBrowser, pagesOf } from '../support/browser/browser';
import { listenForCallback } from '../support/clients/callback-listener';
import { codeAccount } from '../support/evm/code-account';
import { injectWallet } from '../support/browser/injected-wallet';
import { picture } from '../support/browser/picture';
import { startRpcNode } from '../support/evm/rpc-node';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { whoIs } from '../support/clients/who-is';

/** What chromium writes to the console of a page that is an answer of 503. */
const unavailable = /the server responded with a status of 503/;

describe('the login page in chromium, with a contract account', () => {
  const node = fixture(() => startRpcNode(8_453));
  const browser = fixture(launchBrowser);
  const app = fixture(listenForCallback);
  const newPage = pagesOf(browser, unavailable);
  const service = fixture(() => startService('lmdb', { EVM_RPC_URLS: `8453=${node.url}` }));
  afterEach(async () => {
    node.sickness = undefined;
  });

  /** The login page in a browser whose wallet holds a contract account, on a chain. */
  async function visit({ chainId, ...options }: BrowserContextOptions & { chainId: number }) {
    const { page, context } = await newPage(options);
    const account = codeAccount(node);
    const safe = { address: account.address, sign: (message: string) => account.sign(message) };
    await injectWallet(context, { name: 'Safe', as: 'announced', chainId, account: safe });
    const login = createClient({ issuer: service.url, clientId: 'demo-spa', redirectUri: `${app.origin}/callback` });
    await page.goto(await login.begin());
    const signIn = () => page.getByRole('button', { name: 'Sign in with Safe wallet' }).click();
    return { page, account, login, signIn };
  }

  const isCallback = (url: URL) => url.origin === app.origin;

  it('given a wallet on its chain, when its code takes the signature, then the code is that account’s there', async () => {
    const { page, account, login, signIn } = await visit({ chainId: 8_453, viewport: { width: 390, height: 844 } });

    await picture(page, 'login-contract');
    await signIn();
    await page.waitForURL(isCallback);

    expect(await whoIs(login, page.url())).toMatchObject({ sub: `eip155:8453:${account.address}`, amr: ['pop'] });
  });

  it('given a wallet on another chain, when it signs in, then the page names that chain and says what to do', async () => {
    const { page, signIn } = await visit({ chainId: 10 });

    await signIn();
    const status = page.getByRole('status').filter({ hasText: 'Your wallet is on OP Mainnet' });
    await status.waitFor();

    expect(await status.innerText()).toContain('Choose another network in it and try again.');
  });

  it.each([320, 1_024])(
    'given a node that is away, at %d pixels, when the wallet has signed, then a page says so, and the same signature is sent again',
    async (width) => {
      const { page, account, login, signIn } = await visit({ chainId: 8_453, viewport: { width, height: 700 } });
      node.sickness = (response) => void response.writeHead(502).end();
      await signIn();
      const again = page.getByRole('button', { name: 'Try again' });
      await again.waitFor();
      await picture(page, `login-node-away-${width}`);
      const scrollWidth = await page.evaluate(() => document.documentElement.scrollWidth);

      node.sickness = undefined;
      await again.click();
      await page.waitForURL(isCallback);

      expect(scrollWidth).toBe(width);
      expect(await whoIs(login, page.url())).toMatchObject({ sub: `eip155:8453:${account.address}` });
    },
  );

  it('given a signature that was sent, when the login page is opened again, then it is not kept any more', async () => {
    const { page, login, signIn } = await visit({ chainId: 8_453 });
    await signIn();
    await page.waitForURL(isCallback);

    await page.goto(await login.begin({ parameters: { prompt: 'login' } }));
    await page.getByRole('button', { name: 'Sign in with Safe wallet' }).waitFor();

    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });
});

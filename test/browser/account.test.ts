import { describe, expect, it } from '@jest/globals';
import { createClient } from '@tessera/client';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { newSecret } from '../../src/domain/credentials/secret';
import { fillInPassword, launchBrowser, type WatchedPage, pagesOf } from '../support/browser/browser';
import { listenForCallback } from '../support/clients/callback-listener';
import { injectWallet } from '../support/browser/injected-wallet';
import { registerApi, registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

/** What chromium tells a screen reader of each button, and what is seen on it. */
async function buttonsOf(page: Page): Promise<{ readonly name: unknown; readonly label: unknown }[]> {
  const devtools = await page.context().newCDPSession(page);
  const { nodes } = await devtools.send('Accessibility.getFullAXTree');
  const buttons = nodes.filter(({ ignored, role }) => !ignored && role?.value === 'button');
  return Promise.all(
    buttons.map(async ({ name, backendDOMNodeId: backendNodeId = 0 }) => {
      const { object } = await devtools.send('DOM.resolveNode', { backendNodeId });
      const { result } = await devtools.send('Runtime.callFunctionOn', {
        objectId: object.objectId ?? '',
        functionDeclaration: 'function () { return this.innerText; }',
      });
      return { name: name?.value, label: result.value };
    }),
  );
}

const sessions = (page: Page) => page.getByRole('region', { name: 'Where you are signed in' }).getByRole('listitem');

describe('the pages /account and /logout in chromium', () => {
  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const app = fixture(listenForCallback);
  const newPage = pagesOf(browser);

  async function visit(options: BrowserContextOptions = { javaScriptEnabled: false }): Promise<WatchedPage> {
    return newPage(options);
  }

  /** Signs in at the account's page, as somebody who came by themselves. */
  async function signIn(page: Page): Promise<void> {
    await page.goto(`${service.url}/account`);
    await fillInPassword(page);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'Your account' }).waitFor();
  }

  it('given two browsers and no JavaScript, when one ends the other’s session, then that one must sign in again', async () => {
    const [here, there] = [await visit(), await visit()];
    await signIn(here.page);
    await signIn(there.page);
    await here.page.reload();
    const before = await sessions(here.page).count();

    await sessions(here.page).filter({ hasNotText: 'this one' }).getByRole('button').first().click();
    const after = await sessions(here.page).count();
    await there.page.goto(`${service.url}/account`);

    expect([before, after]).toEqual([2, 1]);
    expect(await sessions(here.page).innerText()).toContain('this one');
    expect(new URL(there.page.url()).pathname).toBe('/login');
  });

  it('given the page, when everything is ended, then the browser is told that it is signed out', async () => {
    const { page } = await visit();
    await signIn(page);

    await page.getByRole('button', { name: 'Sign out everywhere and end all access' }).click();
    const told = await page.getByRole('heading').innerText();
    await page.goto(`${service.url}/account`);

    expect(told).toBe('You are signed out');
    expect(new URL(page.url()).pathname).toBe('/login');
  });

  it('given an application that sends no hint, when the end-user presses the button, then the browser is back there', async () => {
    const client = await registerClient(service, {
      name: 'The application',
      postLogoutRedirectUris: ['http://127.0.0.1/signed-out'],
    });
    const { page } = await visit();
    await signIn(page);
    const back = `${app.origin}/signed-out`;
    const asked = { client_id: client.clientId, post_logout_redirect_uri: back, state: newSecret() };
    await page.goto(`${service.url}/logout?${new URLSearchParams(asked)}`);
    const html = await page.content();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${back}?state=${asked.state}`);
    await page.goto(`${service.url}/account`);

    expect(html).toContain('The application');
    expect(html).toContain('user0');
    expect(new URL(page.url()).pathname).toBe('/login');
  });

  // Who speaks to the machine says what they see. Source: WCAG 2.2, success criterion 2.5.3 (Label in Name).
  it('given an application with access, when the page is read out, then the name of each button holds what is seen on it', async () => {
    const { page } = await visit({});
    const { clientId } = await registerClient(service, { name: 'The application', firstParty: false });
    const login = createClient({ issuer: service.url, clientId, redirectUri: `${app.origin}/callback` });
    await signIn(page);
    await page.goto(await login.begin());
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL((url) => url.origin === app.origin);

    await page.goto(`${service.url}/account`);
    const buttons = await buttonsOf(page);

    expect(buttons.map(({ label }) => label)).toEqual(expect.arrayContaining(['Sign out', 'End access']));
    expect(buttons.filter(({ name, label }) => !String(name).includes(String(label)))).toEqual([]);
  });

  it.each(['light', 'dark'] as const)(
    'given 320 pixels in %s and the longest names, when the pages are shown, then nothing is cut off',
    async (colorScheme) => {
      const viewport = { width: 320, height: 640 };
      const { page, context } = await visit({ colorScheme, viewport });
      await injectWallet(context, { name: 'Rusty', as: 'announced' });
      const api = await registerApi(service, { name: 'N'.repeat(100) });
      const { clientId } = await registerClient(service, { name: 'A'.repeat(100), firstParty: false });
      const login = createClient({ issuer: service.url, clientId, redirectUri: `${app.origin}/callback` });
      await page.goto(
        await login.begin({ scope: 'openid profile email offline_access notes:read', resource: api.identifier }),
      );
      await page.getByRole('button', { name: 'Sign in with Rusty wallet' }).click();
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.waitForURL((url) => url.origin === app.origin);

      const widths: number[] = [];
      for (const path of ['/account', '/logout']) {
        await page.goto(`${service.url}${path}`);
        widths.push(await page.evaluate(() => document.documentElement.scrollWidth));
      }

      expect(widths).toEqual([320, 320]);
    },
  );
});

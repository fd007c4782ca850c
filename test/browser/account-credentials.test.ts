import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { newPerson, personPassword, storedUser } from '../support/clients/account-page';
import { launchBrowser, layouts, pagesOf } from '../support/browser/browser';
import { injectWallet } from '../support/browser/injected-wallet';
import { VirtualAuthenticator } from '../support/browser/virtual-authenticator';
import { eventually } from '../support/run/eventually';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

describe('credentials at /account in chromium', () => {
  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const newPage = pagesOf(browser);

  async function signIn(page: Page, username: string, password = personPassword): Promise<void> {
    await page.goto(`${service.url}/account`);
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'Your account' }).waitFor();
  }

  it.each(layouts)(
    'given an authenticator, when a passkey is added, renamed and removed %s, then the browser has none left of it',
    async (_where, options) => {
      const person = await newPerson(service);
      const { page, context } = await newPage(options);
      const authenticator = await VirtualAuthenticator.in(context, page);
      await signIn(page, person.username);

      await page.getByLabel('Name of a new passkey').fill('My phone');
      await page.getByRole('button', { name: 'Add a passkey' }).click();
      await page.getByText('Rename', { exact: true }).click();
      const added = await authenticator.count();
      await page.getByLabel('Name', { exact: true }).fill('My other phone');
      await page.getByRole('button', { name: 'Save the name' }).click();
      await page.getByRole('button', { name: 'Remove My other phone' }).click();
      await page.getByText('None yet. A passkey signs you in').waitFor();

      expect(added).toBe(1);
      expect((await storedUser(service, person)).passkeys).toEqual([]);
      await eventually(async () => (await authenticator.count()) === 0, { withinMs: 5_000 });
    },
  );

  it('given a wallet, when it is linked and unlinked, then it is shown, and gone', async () => {
    const person = await newPerson(service);
    const { page, context } = await newPage({ viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
    await injectWallet(context, { name: 'Rusty', as: 'announced' });
    await signIn(page, person.username);

    await page.getByRole('button', { name: 'Link Rusty wallet' }).click();
    const unlink = page.getByRole('button', { name: /^Unlink 0x/ });
    await unlink.waitFor();
    const linked = (await storedUser(service, person)).wallets;
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    await unlink.click();
    await page.getByText('None is linked to your account.').waitFor();

    expect(linked).toHaveLength(1);
    expect(width).toBe(360);
    expect((await storedUser(service, person)).wallets).toEqual([]);
  });

  it('given no JavaScript, when the password is changed and codes are made, then both are done', async () => {
    const person = await newPerson(service);
    const { page } = await newPage({ javaScriptEnabled: false });
    await signIn(page, person.username);

    await page.getByText('Change your password').click();
    await page.locator('#current-password').fill(personPassword);
    await page.getByLabel('New password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Save the password' }).click();
    await page.getByRole('heading', { name: 'Your account' }).waitFor();
    await page.getByRole('button', { name: 'Make recovery codes' }).click();
    const [code = ''] = await page.locator('code').allInnerTexts();
    await page.goto(`${service.url}/login/recovery`);
    await page.getByLabel('Username').fill(person.username);
    await page.getByLabel('Recovery code').fill(code.toLowerCase());
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Your account' }).waitFor();

    expect(await page.getByText('9 left.').count()).toBe(1);
  });
});

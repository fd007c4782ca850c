import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { UserStore } from '../../src/domain/identity/user-store';
import { launchBrowser, pagesOf } from '../support/browser/browser';
import { VirtualAuthenticator } from '../support/browser/virtual-authenticator';
import { newPasskeyOwner } from '../support/clients/passkey';
import { codeFor, loggedIn, redeem, refresh } from '../support/clients/pkce-login';
import { newAccount, signIn } from '../support/clients/wallet';
import { admin, adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

const isDrawing = process.env['WRITE_SCREENSHOTS'] !== undefined;
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
/** Nothing of the console needs JavaScript. */
const plain = { javaScriptEnabled: false } as const;
const phone = { viewport: { width: 390, height: 844 } } as const;
const looks: Readonly<Record<string, BrowserContextOptions>> = {
  light: {},
  dark: { colorScheme: 'dark' },
  'light, on a phone': phone,
  'dark, on a phone': { colorScheme: 'dark', ...phone },
};
const places = [
  '',
  '/clients',
  '/new/clients',
  '/new/clients?preset=spa',
  '/clients/demo-client',
  '/clients/demo-client/remove',
  '/apis',
  '/users',
  '/users/user0',
  '/new/users',
  '/operators',
  '/new/operators',
  '/keys',
  '/audit',
  '/audit/verification',
];

describe('the console in chromium', () => {
  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));
  const browser = fixture(launchBrowser);
  const newPage = pagesOf(browser);
  beforeAll(async () => {
    const { body } = await redeem(
      service,
      await codeFor(service, await loggedIn(service), { scope: 'openid offline_access' }),
    );
    await refresh(service, body['refresh_token']);
    await signIn(service, newAccount());
    for (const [name, role] of [
      ['Ada', 'admin'],
      ['Grace', 'support'],
    ])
      await admin(service, 'POST', '/operators', { name, role });
  });

  async function open(options: BrowserContextOptions = plain): Promise<Page> {
    const { page } = await newPage(options);
    await page.goto(`${service.url}/admin/console`);
    await page.getByLabel('Token').fill(adminToken);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    return page;
  }

  const go = (page: Page, path: string) => page.goto(`${service.url}/admin/console${path}`);

  it.each(Object.entries(looks))(
    'given a look that is %s, when axe looks at the pages, then it finds no violation',
    async (_look, options) => {
      const { page } = await newPage(options);
      const found: string[] = [];
      const look = async (path: string) => {
        await page.evaluate(axe);
        const { violations } = await page.evaluate<AxeResults>('axe.run()');
        found.push(
          ...violations.map(
            ({ id, nodes }) => `${path} ${id}: ${nodes.map(({ target }) => String(target)).join(', ')}`,
          ),
        );
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        if (overflow > 0) found.push(`${path} is ${overflow} pixels too wide`);
      };
      await go(page, '');
      await look('sign-in');
      await page.getByLabel('Token').fill(adminToken);
      await page.getByRole('button', { name: 'Sign in' }).click();
      for (const path of places) {
        await go(page, path);
        await look(path);
      }
      await go(page, '/audit?type=code_redeemed');
      await page.getByRole('link', { name: /story of code redeemed/ }).click();
      await look('a story');
      await page.goto(`${service.url}/admin/dashboard?refresh=off`);
      await look('dashboard');

      expect(found).toEqual([]);
    },
  );

  it('given no JavaScript, when a client is added by preset, wrongly at first, then what was typed stays, and the rest is there to paste', async () => {
    const page = await open();

    await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Clients' }).click();
    await page.getByRole('link', { name: 'web', exact: true }).click();
    await page.getByLabel('Client name').fill('The shop');
    await page.getByLabel('Redirect URIs', { exact: true }).fill('shop');
    await page.getByRole('button', { name: 'Add' }).click();
    const alert = await page.getByRole('alert').textContent();
    const typed = await page.getByLabel('Client name').inputValue();
    await page.getByLabel('Redirect URIs', { exact: true }).fill('https://shop.example.com/callback');
    await page.getByRole('button', { name: 'Add' }).click();

    expect([alert, typed]).toEqual(['Please correct: Redirect URIs', 'The shop']);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('The shop');
    expect(await page.locator('pre').textContent()).toMatch(/TESSERA_SECRET=[\w-]{43}\n/);
    await page.getByRole('link', { name: 'Remove The shop' }).click();
    await page.getByText('its grants: their tokens are refused at once').waitFor();
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor();
    expect(await page.getByText('The shop').count()).toBe(0);
  });

  it('given a keyboard alone, when somebody signs in, searches a user and signs out, then every step is reached', async () => {
    const { page } = await newPage(plain);
    await go(page, '/users');
    // The browser gives the field its focus in its own time.
    await page.locator('input:focus').waitFor();
    await page.keyboard.type(adminToken);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Users', level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    const skip = await page.evaluate(() => document.activeElement?.textContent);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('user0');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/users?q=user0');
    await focus(page, 'user0');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'user0', level: 1 }).waitFor();
    await focus(page, 'Sign out');
    await page.keyboard.press('Enter');
    await page.getByLabel('Token').waitFor();

    expect(skip).toBe('Skip to the content');
  });

  it('given a person with a role, when they sign in by their passkey, then the console knows them', async () => {
    const { user, authenticator } = await newPasskeyOwner(service);
    await service.app.get(UserStore).change(user.id, (before) => ({ ...before, operatorRole: 'auditor' }));
    const { page, context } = await newPage();
    await go(page, '');
    await page.getByRole('link', { name: 'Sign in as yourself, by passkey' }).click();
    await (await VirtualAuthenticator.in(context, page)).hold(authenticator);

    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();

    expect(await page.locator('.who').textContent()).toBe(`${user.username} · auditor`);
  });

  it.each([
    { name: 'console-overview', path: '', options: { viewport: { width: 1_280, height: 640 } } },
    { name: 'console-client', path: '/clients/demo-client', options: { viewport: { width: 1_280, height: 900 } } },
    {
      name: 'console-audit-dark',
      path: '/audit',
      options: { viewport: { width: 1_280, height: 800 }, colorScheme: 'dark' },
    },
    { name: 'console-user-390', path: '/users/user0', options: { viewport: { width: 390, height: 1_400 } } },
  ] as const)(
    'given the page, when the picture $name is drawn, then it is small enough to show',
    async ({ name, path, options }) => {
      const page = await open({ ...plain, ...options });
      await go(page, path);

      const image = await page.screenshot(isDrawing ? { path: `docs/images/${name}.png` } : {});

      expect(image.length).toBeLessThan(150_000);
    },
  );
});

/** Goes on by Tab until the element with this text has the focus. */
async function focus(page: Page, text: string): Promise<void> {
  for (let count = 0; count < 60; count += 1) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate(() => document.activeElement?.textContent?.trim())) === text) return;
  }
  throw new Error(`nothing with the text ${text} is reached`);
}

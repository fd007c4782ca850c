import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { hashPassword } from '../../src/domain/credentials/password';
import { UserStore } from '../../src/domain/identity/user-store';
import { launchBrowser, pagesOf } from '../support/browser/browser';
import { registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { serveLocally } from '../support/run/local-server';
import { startService } from '../support/service/service';

/** What the page has on its window. */
declare const accounts: import('../../packages/client/src/accounts').Accounts;

/** An application with a switcher: a button for each account, and one more. */
const script = (options: object) => `
import { createAccounts } from './accounts.ts';
const accounts = createAccounts({ ...${JSON.stringify(options)}, redirectUri: location.origin + '/callback' });
const show = () => {
  const { accounts: all, current } = accounts.getSnapshot();
  const buttons = all.map(({ sub }) => {
    const button = document.createElement('button');
    button.textContent = sub;
    button.ariaCurrent = String(sub === current);
    button.addEventListener('click', () => accounts.switchTo(sub));
    return button;
  });
  const add = document.createElement('button');
  add.textContent = 'Another account';
  add.addEventListener('click', () => accounts.add());
  document.body.replaceChildren(...buttons, add);
};
accounts.subscribe(show);
if (location.search.includes('state=')) await accounts.finish();
show();
window.accounts = accounts;
document.title = 'ready';
`;

const current = (page: Page) => page.locator('[aria-current=true]');

const ready = (page: Page) => page.waitForFunction(() => document.title === 'ready');

async function add(page: Page, username: string): Promise<void> {
  await page.getByRole('button', { name: 'Another account' }).click();
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill('password0');
  await page.keyboard.press('Enter');
  await page.waitForURL(/callback/);
  await ready(page);
}

describe('the accounts of @tessera/client in chromium', () => {
  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const application = fixture(async () => {
    const passwordHash = await hashPassword('password0');
    await service.app.get(UserStore).add({ id: 'bob', username: 'bob', passwordHash, demo: true });
    let page = '';
    const served = await serveLocally(
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
      },
      { host: 'localhost' },
    );
    const { clientId } = await registerClient(service, { redirectUris: [`${served.url}/callback`] });
    const { outputFiles } = await build({
      stdin: {
        contents: script({ issuer: service.url, clientId }),
        resolveDir: join(__dirname, '../../packages/client/src'),
      },
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
    });
    page = `<!doctype html><title>My app</title><link rel="icon" href="data:,"><body><script type="module">${outputFiles[0]?.text}</script>`;
    return served;
  });

  const newPage = pagesOf(browser);

  async function openTab(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    await page.goto(application.url);
    await ready(page);
    return page;
  }

  it('given ten tabs, when two end-users log in, then each tab has both, and shows the one that is chosen in it', async () => {
    const { context, page } = await newPage();
    const others = await Promise.all(Array.from({ length: 9 }, () => openTab(context)));
    await page.goto(application.url);
    await add(page, 'user0');
    await add(page, 'bob');
    const tabs = [page, ...others];
    for (const tab of tabs) await tab.getByRole('button', { name: 'user0' }).waitFor();

    for (const tab of others) await tab.getByRole('button', { name: 'user0' }).click();
    const shown = await Promise.all(tabs.map((tab) => current(tab).textContent()));
    const asked = await Promise.all(
      tabs.map((tab) =>
        tab.evaluate(async (url) => {
          const { current: sub = '' } = accounts.getSnapshot();
          return ((await (await accounts.clientOf(sub).fetch(url)).json()) as { sub: string }).sub;
        }, `${service.url}/api/me`),
      ),
    );

    expect(shown).toEqual(['bob', ...others.map(() => 'user0')]);
    expect(asked).toEqual(shown);
  });

  it('given two tabs with two accounts, when one is removed in one of them, then the other shows who is left', async () => {
    const { context, page } = await newPage();
    await page.goto(application.url);
    await add(page, 'user0');
    await add(page, 'bob');
    const other = await openTab(context);
    await current(other).getByText('bob').waitFor();

    await page.evaluate(() => accounts.remove('bob'));

    await current(other).getByText('user0').waitFor();
    expect(await other.getByRole('button', { name: 'bob' }).count()).toBe(0);
  });
});

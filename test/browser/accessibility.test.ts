import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser, pagesOf, submitPassword } from '../support/browser/browser';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds, by its rules of WCAG and its own: each rule with the elements that break it. */
async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(', ')}`);
}

const visits: Readonly<Record<string, (page: Page, url: string) => Promise<unknown>>> = {
  'the comparison': (page, url) => page.goto(url),
  'a check that is taken away': async (page, url) => {
    await page.goto(`${url}/#ablation`);
    await page.getByLabel('Take away').selectOption('pkce.code-client');
    await page.locator('#ablation-result .fall summary').click();
  },
  'the login page': (page, url) => page.goto(`${url}/login`),
  'the login page for a passkey alone': (page, url) => page.goto(`${url}/login?client_id=demo-spa&acr_values=phr`),
  'the page of a link': (page, url) => page.goto(`${url}/link#recovery.none`),
  'the page of recovery': (page, url) => page.goto(`${url}/recover`),
  'the page of a new account': (page, url) => page.goto(`${url}/sign-up`),
  'the account page': async (page, url) => {
    await page.goto(`${url}/account`);
    await submitPassword(page);
    await page.waitForURL('**/account');
  },
};
const looks: Readonly<Record<string, BrowserContextOptions>> = {
  light: {},
  'dark, on a phone': { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
};

describe.each(Object.entries(looks))('the pages, %s', (_look, options) => {
  const service = fixture(() => startService('lmdb', { SIGN_UP: 'open' }));
  const browser = fixture(launchBrowser);
  const newPage = pagesOf(browser);

  it.each(Object.entries(visits))(
    'given %s, when axe looks at it, then it finds no violation',
    async (_what, visit) => {
      const { page } = await newPage(options);
      await visit(page, service.url);

      expect(await violationsOf(page)).toEqual([]);
    },
  );
});

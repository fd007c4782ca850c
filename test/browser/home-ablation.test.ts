import { beforeAll, describe, expect, it } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser, pagesOf } from '../support/browser/browser';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { haveTwin } from '../support/service/twin';

describe('"Take a check away" on the page of the comparison', () => {
  beforeAll(haveTwin);
  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const newPage = pagesOf(browser);

  async function visit(options?: BrowserContextOptions): Promise<Page> {
    const { page } = await newPage(options);
    await page.goto(`${service.url}/#ablation`);
    return page;
  }

  it('given a check, when it is chosen, then what falls without it is told, step by step, with the store’s record', async () => {
    const page = await visit();
    await page.getByLabel('Take away').selectOption('pkce.code-client');
    await page.locator('#ablation-result .fall summary').click();

    const steps = page.locator('#ablation-result .fall li');
    expect(await page.locator('#ablation-status').innerText()).toBe('Without it falls: Code of another client.');
    expect(await steps.evaluateAll((all) => all.map((each) => each.dataset['by']))).toEqual([
      'owner',
      'attacker',
      'owner',
    ]);
    expect(await steps.nth(1).innerText()).toMatch(/POST \/token answered 200.*"collection": "grants"/s);
  });

  it('given a check that another one stands behind, when it is chosen, then the pair is told', async () => {
    const page = await visit();
    await page.getByLabel('Take away').selectOption('wallet.atomic');

    await page.locator('#ablation-result .fall').waitFor();
    expect(await page.locator('#ablation-status').innerText()).toBe(
      'Alone it lets nothing through: “A challenge becomes one grant or session” stops the same.',
    );
  });

  it('given an attack, when it is chosen, then every check in its way is there, and leads to what falls without', async () => {
    const page = await visit();
    await page.getByLabel('or see what stops').selectOption('wallet.malleated');
    const inTheWay = page.locator('#ablation-result .checks button');
    await inTheWay.first().waitFor();
    const names = await inTheWay.allInnerTexts();
    await inTheWay.first().press('Enter');
    await page.locator('#ablation-result .fall').first().waitFor();

    expect(names).toEqual([
      'Of a signature’s two forms one counts',
      'The signature is one',
      'The validator does not vouch for a key',
    ]);
    expect(await page.getByLabel('Take away').inputValue()).toBe('wallet.low-s');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('check');
  });

  it('given a server in development, when a check is taken away now, then what falls is shown as it happens', async () => {
    const page = await visit();
    await page.getByLabel('Take away').selectOption('pkce.verifier');
    await page.getByRole('button', { name: 'Take it away now' }).click();

    await page.getByText('Just now fell without it: 2.').waitFor({ timeout: 60_000 });
    expect(await page.locator('.live .fall summary').allInnerTexts()).toEqual([
      'Stolen code, no verifier',
      'Stolen code, guessed verifier',
    ]);
  });

  it.each(['light', 'dark'] as const)(
    'given 320 pixels in %s, when a check is chosen, then nothing is cut off',
    async (colorScheme) => {
      const page = await visit({ viewport: { width: 320, height: 640 }, colorScheme });
      await page.getByLabel('Take away').selectOption('wallet.signature');
      await page.locator('#ablation-result .fall summary').first().click();
      await page.getByText(/All \d+ checks, and what falls without each/).click();

      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    },
  );
});

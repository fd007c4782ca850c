import { mkdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { launchBrowser, openPage } from '../support/browser/browser';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

describe('the page of the API', () => {
  const service = fixture(startService);
  const browser = fixture(launchBrowser);

  it('given our CSP, when the page is opened, then it shows an endpoint with its errors, and nothing was stopped', async () => {
    const { page, problems } = await openPage(browser);

    await page.goto(`${service.url}/docs`);
    await page.getByText('Wallet model', { exact: true }).first().click();
    await page.getByText('/wallet/verify', { exact: true }).first().click();
    await page.getByText('challenge_used').first().waitFor();

    mkdirSync('reports', { recursive: true });
    await page.screenshot({ path: 'reports/docs.png' });
    expect(problems).toEqual([]);
    expect(await page.title()).toBe('API · Tessera');
  });
});

import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser, openPage } from '../support/browser/browser';
import { startService, type TestService } from '../support/service/service';

describe('the page of the API', () => {
  let service: TestService;
  let browser: Browser;

  beforeAll(async () => {
    service = await startService();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  it('given our CSP, when the page is opened, then it shows an endpoint with its errors, and nothing was stopped', async () => {
    const { page, problems } = await openPage(browser);

    await page.goto(`${service.url}/docs`);
    await page.getByText('/wallet/verify', { exact: true }).first().click();
    await page.getByText('challenge_used').first().waitFor();

    mkdirSync('reports', { recursive: true });
    await page.screenshot({ path: 'reports/docs.png' });
    expect(problems).toEqual([]);
    expect(await page.title()).toBe('API · Tessera');
  });
});

import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { History } from '../../src/operations/metrics/time-series/history';
import { sampleEveryMs } from '../../src/operations/metrics/time-series/time-series';
import { viewNames } from '../../src/operations/admin/dashboard/panel';
import { adminToken } from '../support/operations/admin';
import { launchBrowser, pagesOf } from '../support/browser/browser';
import { fixture } from '../support/run/fixture';
import { startService, type TestService } from '../support/service/service';
import { Traffic } from '../support/operations/traffic';

const isDrawing = process.env['WRITE_SCREENSHOTS'] !== undefined;
/** For a picture more of the quarter of an hour. */
const samples = isDrawing ? 45 : 24;
/** Of a page with JavaScript off: nothing of it needs any. */
const plain = { javaScriptEnabled: false } as const;

describe('the dashboard in chromium', () => {
  // Traced, so that there are traces to show; nobody collects them.
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_SAMPLER_ARG: '1' };
  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken, ...tracing }));
  const browser = fixture(launchBrowser);
  beforeAll(() => remember(service));
  beforeEach(() => {
    // Each test has its own clock, which begins before what is remembered.
    service.clock.advance(samples * sampleEveryMs);
  });
  const newPage = pagesOf(browser);

  async function visit(options: BrowserContextOptions = plain): Promise<Page> {
    return (await newPage(options)).page;
  }

  async function open(options?: BrowserContextOptions): Promise<Page> {
    const page = await visit(options);
    await page.goto(`${service.url}/admin/dashboard`);
    await page.getByLabel('Token').fill(adminToken);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'On call', level: 1 }).waitFor();
    return page;
  }

  it('given the views, when each is opened by its link, then it shows its plots, and their lines are drawn', async () => {
    const page = await open();

    const drawn: Record<string, number> = {};
    for (const name of ['Executive', 'On call', 'Debug']) {
      await page.getByRole('navigation', { name: 'Dashboards' }).getByRole('link', { name }).click();
      await page.getByRole('heading', { name, level: 1 }).waitFor();
      await page.getByRole('navigation', { name: 'Time' }).getByRole('link', { name: '15 minutes' }).click();
      drawn[name] = await page
        .locator('svg.plot path.line')
        .evaluateAll((lines) => lines.filter((line) => (line as SVGPathElement).getTotalLength() > 50).length);
    }

    expect(drawn['Executive']).toBeGreaterThan(3);
    expect(drawn['On call']).toBeGreaterThan(15);
    expect(drawn['Debug']).toBeGreaterThan(15);
  });

  it('given a plot, when a screen reader meets it, then it has a name, is told in words, and its figures are a table', async () => {
    const page = await open();

    const plot = page.getByRole('img', { name: 'Failures by reason (M3)' });
    const told = await plot.locator('desc').textContent();
    const section = page.getByRole('region', { name: 'Failures by reason (M3)' });
    await section.getByText('Figures over time').click();
    const rows = await section
      .getByRole('group', { name: /figures over time/ })
      .getByRole('row')
      .count();

    expect(told).toMatch(/token code_verifier_mismatch: [\d.]+\/min now, /);
    expect(rows).toBeGreaterThan(5);
  });

  it('given a sign-out, when the page is opened again, then it asks for the token', async () => {
    const page = await open();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    await page.goto(`${service.url}/admin/dashboard?view=debug`);

    expect(await page.getByLabel('Token').count()).toBe(1);
    expect(await page.locator('svg.plot').count()).toBe(0);
  });

  it.each(
    (['light', 'dark'] as const).flatMap((colorScheme) => [320, 360, 1280].map((width) => ({ colorScheme, width }))),
  )(
    'given $width pixels in $colorScheme, when the views are shown, then nothing is cut off',
    async ({ colorScheme, width }) => {
      const page = await open({ ...plain, colorScheme, viewport: { width, height: 800 } });

      const widths: number[] = [];
      for (const view of viewNames) {
        await page.goto(`${service.url}/admin/dashboard?view=${view}&range=15m&refresh=off`);
        widths.push(await page.evaluate(() => document.documentElement.scrollWidth));
      }

      expect(widths).toEqual([width, width, width]);
    },
  );

  it.each([
    { view: 'on-call', name: 'dashboard-on-call', width: 1_280, height: 760, colorScheme: 'light' },
    { view: 'debug', name: 'dashboard-debug', width: 1_280, height: 760, colorScheme: 'light' },
    { view: 'executive', name: 'dashboard-executive-dark', width: 1_280, height: 680, colorScheme: 'dark' },
    { view: 'on-call', name: 'dashboard-on-call-360', width: 360, height: 1_400, colorScheme: 'light' },
  ] as const)(
    'given some traffic, when the picture $name is drawn, then it is small enough to show',
    async ({ view, name, width, height, colorScheme }) => {
      const page = await open({ ...plain, colorScheme, viewport: { width, height } });
      await page.goto(`${service.url}/admin/dashboard?view=${view}&range=15m`);

      const image = await page.screenshot(isDrawing ? { path: `docs/images/${name}.png` } : {});

      expect(image.length).toBeLessThan(150_000);
    },
  );
});

/** Some minutes of traffic, in which it goes up and down and something of everything fails. */
async function remember(service: TestService): Promise<void> {
  const history = service.app.get(History);
  const traffic = await Traffic.to(service, async () => {});
  await history.sample();
  for (let count = 0; count < samples; count += 1) {
    const logins = Math.round(2 + 1.5 * Math.sin(count / 3));
    for (let each = 0; each < logins; each += 1) await traffic.succeed();
    if (count % 6 === 3) await traffic.mixed();
    service.clock.advance(sampleEveryMs);
    await history.sample();
  }
}

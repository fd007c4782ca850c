import { afterAll, describe, expect, it } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { checks } from '../../src/apps/comparison/checks/catalogue';
import { launchBrowser, openPage, pagesOf } from '../support/browser/browser';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

const models = ['pkce', 'wallet', 'passkey'] as const;
const defended = { pkce: 21, wallet: 16, passkey: 10 } as const;
/** Chromium writes a refused request to the console. */
const unavailable = /^Failed to load resource: the server responded with a status of 503/;
/** Without slow motion. */
const atOnce = { reducedMotion: 'reduce' } as const;

describe('the page of the comparison in chromium', () => {
  const service = fixture(startService);
  const browser = fixture(launchBrowser);
  const newPage = pagesOf(browser, unavailable);

  async function visit(options?: BrowserContextOptions): Promise<Page> {
    const opened = await newPage(options);
    await opened.page.goto(service.url);
    return opened.page;
  }

  describe('a run that has ended', () => {
    const ended = fixture(async () => {
      const opened = await openPage(browser, atOnce);
      await opened.page.goto(service.url);
      await run(opened.page);
      return opened;
    });
    afterAll(() => expect(ended.problems).toEqual([]));

    it('given a click, when the run ends, then the columns are full and every attack is shown defended', async () => {
      const { page } = ended;

      for (const model of models) {
        const column = page.locator(`#columns [data-model=${model}]`);
        expect(await column.locator('.step').count()).toBeGreaterThan(4);
        expect(await column.locator('.attack[data-defended=true]').count()).toBe(defended[model]);
        expect(await column.locator('.attack[data-defended=false]').count()).toBe(0);
      }
      expect(await page.locator('#run-status').innerText()).toMatch(/all 47 attacks were defended against/);
      expect(await page.locator('[data-name="wallet.unbound-nonce"] .badge').innerText()).toBe('succeeds, as expected');
      expect(await page.getByRole('alert').isVisible()).toBe(false);
    });

    it('given a run, when its steps are shown, then each model’s record is stored once and gone at the proof', async () => {
      for (const model of models) {
        const changes = ended.page.locator(`#columns [data-model=${model}] .change`);
        const [stored, gone] = await changes.evaluateAll((all) =>
          all.map((change) => [change.dataset['change'], change.closest('li')?.dataset['phase']]),
        );
        expect(await changes.count()).toBe(2);
        expect([stored, gone]).toEqual([
          ['stored', 'challenge'],
          ['gone', 'proof'],
        ]);
      }
    });

    it('given a finished run, when the table is looked at, then it holds what was measured, and plots', async () => {
      const { page } = ended;

      const caption = page.locator('#aspects caption', { hasText: 'from the run of' });
      await caption.waitFor();

      if (process.env['WRITE_SCREENSHOTS'] !== undefined) {
        await page.locator('#aspects').screenshot({ path: 'docs/images/comparison-both.png' });
        await page.locator('#wallet-messages').screenshot({ path: 'docs/images/comparison-messages.png' });
      }
      expect(await page.locator('#aspects').innerText()).not.toContain('not measured yet');
      expect(await page.locator('.latency circle').count()).toBeGreaterThanOrEqual(8);
    });

    it("given a run that has ended, when the README's picture is drawn, then it is small enough to show", async () => {
      const { page } = ended;
      await page.setViewportSize({ width: 1200, height: 900 });
      const { top } = await page.locator('#run').evaluate((form) => {
        window.scrollTo(0, 0);
        return form.getBoundingClientRect().toJSON() as { top: number };
      });

      const clip = { x: 0, y: top - 24, width: 1200, height: 1_180 };
      const path = process.env['WRITE_SCREENSHOTS'] === undefined ? {} : { path: 'docs/images/comparison.png' };
      const image = await page.screenshot({ ...path, fullPage: true, clip });

      expect(image.length).toBeLessThan(300_000);
    });

    it.each(['light', 'dark'] as const)(
      'given 320 pixels in %s, when a run has ended, then nothing is cut off',
      async (colorScheme) => {
        const { page } = ended;
        await page.setViewportSize({ width: 320, height: 640 });
        await page.emulateMedia({ ...atOnce, colorScheme });

        const { width, ground } = await page.evaluate(() => ({
          width: document.documentElement.scrollWidth,
          ground: getComputedStyle(document.body).backgroundColor,
        }));
        await page.emulateMedia({ ...atOnce, colorScheme: null });

        expect(width).toBe(320);
        expect(ground).toBe(colorScheme === 'dark' ? 'rgb(25, 29, 39)' : 'rgb(255, 255, 255)');
      },
    );
  });

  describe('a run', () => {
    it('given slow motion, when a record is stored, then it is shown with its seconds to live counting down', async () => {
      const page = await visit();
      await page.getByRole('button', { name: 'Start the run' }).click();
      const left = page.locator('#columns [data-model=wallet] .record[data-collection=challenges] .left');
      await left.waitFor();

      const before = Number.parseInt(await left.innerText(), 10);
      await page.waitForFunction(
        ([selector, seconds]) =>
          Number.parseInt(document.querySelector(String(selector))?.textContent ?? '', 10) < Number(seconds),
        ['#columns [data-model=wallet] .record[data-collection=challenges] .left', before] as const,
      );
      await left.waitFor({ state: 'detached' });

      expect(before).toBeLessThanOrEqual(service.config.walletChallengeTtl);
    });

    it('given only a keyboard, when an end-user starts a run, then it runs', async () => {
      const page = await visit(atOnce);

      for (let presses = 0; presses < 20; presses += 1) {
        await page.keyboard.press('Tab');
        if (await page.evaluate(() => document.activeElement?.textContent === 'Start the run')) break;
      }
      await page.keyboard.press('Enter');
      await seeEnd(page);

      expect(await page.locator('.attack').count()).toBe(49);
    });

    it('given an attack that gets through, when it is told, then the page is loud about it', async () => {
      const page = await visit(atOnce);
      await page.route('**/compare/runs/*/events', async (route) => {
        const response = await route.fetch();
        const told = await response.text();
        const broken = told
          .replace(/("name":"pkce\.replayed-code".*?"defended":)true/, '$1false')
          .replace('"status":"passed"', '"status":"failed"');
        await route.fulfill({ response, body: broken });
      });

      await run(page);

      expect(await page.getByRole('alert').innerText()).toMatch(/Not defended against: Replayed code/);
      expect(await page.locator('[data-name="pkce.replayed-code"] .badge').innerText()).toBe('NOT DEFENDED');
    });

    it.each([
      [429, /Others are running.*in 5 seconds/],
      [503, /cannot reach its database.*in 5 seconds/],
    ])(
      'given a server that answers %d, when a run is started, then the page says why and what to do',
      async (status, text) => {
        const page = await visit(atOnce);
        await page.route('**/compare/runs', (route) =>
          route.fulfill({ status, headers: { 'retry-after': '5' }, json: { error: 'temporarily_unavailable' } }),
        );

        await run(page);

        expect(await page.locator('#run-status').innerText()).toMatch(text);
      },
    );
  });

  describe('layout', () => {
    it('given no JavaScript, when the page is opened, then it explains both models and shows the table', async () => {
      const page = await visit({ javaScriptEnabled: false });

      expect(await page.getByText('Why a stolen code is worthless').isVisible()).toBe(true);
      expect(await page.getByText('Why a stolen signature is worthless').isVisible()).toBe(true);
      expect(await page.locator('#aspects tbody tr').count()).toBeGreaterThanOrEqual(12);
      expect(await page.locator('noscript p').first().innerText()).toMatch(/To watch a run, turn on JavaScript/);
      expect(await page.getByRole('button', { name: 'Start the run' }).isEnabled()).toBe(false);
      await page.getByText(/All \d+ checks, and what falls without each/).click();
      expect(await page.locator('#ablation tbody tr').count()).toBe(checks.length);
      expect(await page.locator('#ablation-choice').isVisible()).toBe(false);
    });

    it('given a screen reader, when it lists what is there, then landmarks, headings and table headers say it', async () => {
      const page = await visit();

      const headings = await page.getByRole('heading', { level: 2 }).allInnerTexts();

      expect(await page.getByRole('main').count()).toBe(1);
      expect(await page.getByRole('heading', { level: 1 }).allInnerTexts()).toEqual(['Two logins, one question']);
      expect(headings).toEqual([
        'The models',
        'Watch both, then attack both',
        'Take a check away',
        'Log in by hand',
        'Side by side',
        'Who writes the wallet’s message',
        'How long the server takes',
      ]);
      expect(await page.locator('#aspects tbody th[scope=row]').count()).toBeGreaterThanOrEqual(12);
    });
  });

  it('given production and no admin token, when the page is opened, then it says that runs are off, without an error', async () => {
    const production = await startService('lmdb', { NODE_ENV: 'production', COMPARISON: 'on' });
    const opened = await newPage();
    await opened.page.goto(production.url, { waitUntil: 'networkidle' });

    const notice = await opened.page.locator('#run-section .notice').innerText();

    await production.stop();
    expect(notice).toMatch(/Runs are switched off/);
  });
});

async function run(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start the run' }).click();
  await seeEnd(page);
}

/** Waits for the end of a run that was started. */
async function seeEnd(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Run again' }).waitFor();
}

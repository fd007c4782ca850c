import { afterEach, expect } from '@jest/globals';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type LaunchOptions,
  type Page,
} from 'playwright-core';

/** The two layouts of our pages: how a test's name says it, and the options. */
export const layouts: readonly (readonly [where: string, options: BrowserContextOptions])[] = [
  ['at a desk', {}],
  ['on a phone', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
];

/** Fills in the login form as user0. */
export async function fillInPassword(page: Page): Promise<void> {
  await page.getByLabel('Username').fill('user0');
  await page.getByLabel('Password').fill('password0');
}

/** Sends it, as somebody at a keyboard. */
export async function submitPassword(page: Page): Promise<void> {
  await fillInPassword(page);
  await page.keyboard.press('Enter');
}

/** Starts Debian's chromium, headless; with the options of Playwright, whose own arguments turn the back/forward cache off. */
export function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch({
    ...options,
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/** A page of a fresh profile, and whatever went wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts and of the console (violations of the CSP among them), and requests to hosts that are not this machine's. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

/** The status of a refused form is no problem of the page, but chromium writes it to the console. */
const refusedDocument = /^Failed to load resource: the server responded with a status of 4\d\d/;

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !refusedDocument.test(message.text())) problems.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol !== 'data:' && hostname !== 'localhost' && hostname !== '127.0.0.1') problems.push(request.url());
  });
  return { page, context, problems, close: () => context.close() };
}

/** Opens pages for one test at a time: after it they are closed, and what went wrong in them fails it, but for `known`. */
export function pagesOf(browser: Browser, known = /^$/): (options?: BrowserContextOptions) => Promise<WatchedPage> {
  const opened: WatchedPage[] = [];
  afterEach(async () => {
    const closed = opened.splice(0);
    for (const page of closed) await page.close();
    expect(closed.flatMap(({ problems }) => problems).filter((problem) => !known.test(problem))).toEqual([]);
  });
  return async (options) => {
    const page = await openPage(browser, options);
    opened.push(page);
    return page;
  };
}

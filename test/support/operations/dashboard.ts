import { BrowserSession, hiddenFields } from '../clients/browser-session';
import { adminToken } from './admin';
import type { Reachable } from '../clients/pkce-login';

/** Sends the dashboard's form with a token, as a browser that was shown it. */
export async function showToken(browser: BrowserSession, token: string, headers: HeadersInit = {}): Promise<Response> {
  const form = await browser.fetch('/admin/dashboard');
  return browser.postForm('/admin/dashboard', { ...hiddenFields(await form.text()), token }, headers);
}

/** A browser that may look at the dashboard. */
export async function dashboardBrowser({ url }: Reachable): Promise<BrowserSession> {
  const browser = new BrowserSession(url);
  const { status } = await showToken(browser, adminToken);
  if (status !== 303) throw new Error(`not let in: ${status}`);
  return browser;
}

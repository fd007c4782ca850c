import { BrowserSession, hiddenFields } from '../clients/browser-session';
import type { Reachable } from '../clients/pkce-login';
import { adminToken } from './admin';

/** Sends the console's form with a token, as a browser that was shown it at this page. */
export async function showToken(
  browser: BrowserSession,
  token: string,
  headers: HeadersInit = {},
  page = '/admin/console',
): Promise<Response> {
  const form = await browser.fetch(page);
  return browser.postForm('/admin/console', { ...hiddenFields(await form.text()), token }, headers);
}

/** A browser that has shown the token. */
export async function consoleBrowser({ url }: Reachable, token = adminToken): Promise<BrowserSession> {
  const browser = new BrowserSession(url);
  const { status } = await showToken(browser, token);
  if (status !== 303) throw new Error(`not let in: ${status}`);
  return browser;
}

/** Sends a form of a page of the console, with what stands in its hidden fields; `page`: where the form is. */
export async function sendForm(
  browser: BrowserSession,
  page: string,
  fields: Readonly<Record<string, string>>,
  action = page,
): Promise<Response> {
  const hidden = hiddenFields(await browser.fetch(page).then((shown) => shown.text()));
  return browser.postForm(action, { ...hidden, ...fields });
}

import { type BrowserSession, hiddenFields } from '../../../../test/support/clients/browser-session.ts';
import { loggedIn, type Reachable } from '../../../../test/support/clients/pkce-login.ts';

/** A browser in which user0 has logged in: follows an authorization request to the URL that its client is called back at. */
export function endUser(service: Reachable): (url: string) => Promise<string> {
  let browser: Promise<BrowserSession> | undefined;
  return async (url) => callbackOf(await (browser ??= loggedIn(service)), url);
}

async function callbackOf(browser: BrowserSession, url: string): Promise<string> {
  const { pathname, search } = new URL(url);
  const response = await browser.fetch(pathname + search);
  const location = response.headers.get('location');
  if (location !== null) return location;
  const page = await response.text();
  if (!page.includes('name="decision"')) throw new Error(`no callback: ${response.status}`);
  const allowed = await browser.postForm('/consent', { ...hiddenFields(page), decision: 'allow' });
  return allowed.headers.get('location') ?? 'missing:location';
}

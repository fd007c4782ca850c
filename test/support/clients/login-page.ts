import { BrowserSession, hiddenFields } from './browser-session';
import type { Account } from './wallet';

type Page = Pick<OpenLoginPage, 'browser' | 'hidden'>;
type Headers = Readonly<Record<string, string>>;

/** A login page as a browser holds it. */
export interface OpenLoginPage {
  readonly browser: BrowserSession;
  readonly response: Response;
  readonly html: string;
  readonly hidden: Record<string, string>;
}

/** Opens `/login` with the query of an interrupted authorization request, in a new browser unless one is given. */
export async function openLoginPage(
  url: string,
  query = '',
  browser = new BrowserSession(url),
): Promise<OpenLoginPage> {
  const response = await browser.fetch(`/login${query === '' ? '' : `?${query}`}`);
  const html = await response.text();
  return { browser, response, html, hidden: hiddenFields(html) };
}

/** Sends the form of a login page that is opened for it. */
export async function sendPassword(
  browser: BrowserSession,
  { username = 'user0', password = 'password0' }: Readonly<{ username?: string; password?: string }> = {},
  headers: HeadersInit = {},
): Promise<Response> {
  const hidden = hiddenFields(await (await browser.fetch('/login')).text());
  return browser.postForm('/login', { ...hidden, username, password }, headers);
}

/** Asks for the message of the page's wallet button. */
export function askWalletChallenge({ browser, hidden }: Page, fields: object, headers: Headers = {}) {
  return browser.fetch('/login/wallet/challenge', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...hidden, ...fields }),
  });
}

/** The form that the page sends when the account has signed its message. */
export async function signedForm(page: Page, account: Account, fields: object = {}, headers: Headers = {}) {
  const asked = await askWalletChallenge(page, { address: account.address, ...fields }, headers);
  const { nonce, message } = (await asked.json()) as { nonce: string; message: string };
  return { ...page.hidden, nonce, signature: await account.signMessage({ message }) };
}

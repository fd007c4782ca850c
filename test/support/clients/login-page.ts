import { BrowserSession, hiddenFields } from './browser-session';

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

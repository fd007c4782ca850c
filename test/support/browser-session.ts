/** What a browser keeps between requests: its cookies, sent to every path of the one origin, redirects left to the test. */
export class BrowserSession {
  private readonly jar = new Map<string, string>();

  constructor(private readonly origin: string) {}

  /** Sends the browser's cookies and keeps those of the answer; a redirect is not followed. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie === '' ? {} : { cookie }), ...Object.fromEntries(new Headers(init.headers)) };
    const response = await fetch(new URL(path, this.origin), { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.keep(line);
    return response;
  }

  postForm(path: string, fields: Readonly<Record<string, string>>, headers: HeadersInit = {}): Promise<Response> {
    return this.fetch(path, { method: 'POST', headers, body: new URLSearchParams(fields) });
  }

  /** The value of a cookie. */
  cookie(name: string): string | undefined {
    return this.jar.get(name);
  }

  /** Puts a cookie into the browser, as whoever is at it may. */
  setCookie(name: string, value: string): void {
    this.jar.set(name, value);
  }

  private keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/;\s*max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) this.jar.delete(name);
    else this.jar.set(name, value);
  }
}

/** The id of the session that the browser's cookie names. */
export function sessionIdOf(browser: BrowserSession): string {
  return browser.cookie('tessera_session')?.split('.')[0] ?? 'no session';
}

/** The hidden fields of a page's form, as a browser reads them. */
export function hiddenFields(html: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [, name = '', value = ''] of html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) {
    fields[name] = unescapeHtml(value);
  }
  return fields;
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

function unescapeHtml(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
}

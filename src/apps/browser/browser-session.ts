import { CookieJar } from './cookie-jar';

/** A browser's cookies for one origin. Redirects are returned, not followed. */
export class BrowserSession {
  private readonly jar = new CookieJar();

  /** `send` has the signature of `fetch`. */
  constructor(
    private readonly origin: string,
    private readonly send: (url: URL, init: RequestInit) => Promise<Response> = (url, init) => fetch(url, init),
  ) {}

  /** Sends the browser's cookies and keeps those of the response; takes a path or a URL of the origin. */
  async fetch(path: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = { ...this.jar.header(), ...Object.fromEntries(new Headers(init.headers)) };
    const response = await this.send(new URL(path, this.origin), { ...init, headers, redirect: 'manual' });
    this.jar.take(response.headers.getSetCookie());
    return response;
  }

  postForm(path: string | URL, fields: Readonly<Record<string, string>>, headers: HeadersInit = {}): Promise<Response> {
    return this.fetch(path, { method: 'POST', headers, body: new URLSearchParams(fields) });
  }

  /** The value of a cookie. */
  cookie(name: string): string | undefined {
    return this.jar.get(name);
  }

  /** Sets a cookie, as the browser's user could. */
  setCookie(name: string, value: string): void {
    this.jar.set(name, value);
  }
}

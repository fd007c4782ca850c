import { CookieJar } from './cookie-jar';

/** What a browser keeps between requests to one origin: its cookies. A redirect is an answer. */
export class BrowserSession {
  private readonly jar = new CookieJar();

  /** `send` is as `fetch`. */
  constructor(
    private readonly origin: string,
    private readonly send: (url: URL, init: RequestInit) => Promise<Response> = (url, init) => fetch(url, init),
  ) {}

  /** Sends the browser's cookies and keeps those of the answer; takes a path, or a whole URL of the origin. */
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

  /** Puts a cookie into the browser, as whoever is at it may. */
  setCookie(name: string, value: string): void {
    this.jar.set(name, value);
  }
}

import { shortened } from './shortened';

/** One party's requests, printed when sent and when answered. */
export class Wire {
  private lastQuery = '';

  constructor(private readonly print: (line: string) => void) {}

  /** As `fetch`, but redirects are followed only if `init` says so. */
  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const { method = 'GET', body } = init;
    const { pathname, searchParams } = new URL(url);
    this.print(`  → ${method} ${pathname}`);
    this.printQuery(searchParams);
    this.printFields([...fieldsOf(body), ...credentialHeaders(init.headers)]);
    const response = await fetch(url, { redirect: 'manual', ...init });
    this.print(`  ← ${response.status}${describe(response)}`);
    const location = response.headers.get('location');
    if (location !== null) this.printQuery(new URL(location, url).searchParams);
    if (response.headers.get('content-type')?.startsWith('application/json') === true) {
      const answer: unknown = await response.clone().json();
      if (!pathname.startsWith('/.well-known/')) this.printFields(Object.entries(Object(answer)));
    }
    return response;
  }

  /** In full only the first time: redirects carry the same request through the login. */
  private printQuery(query: URLSearchParams): void {
    const text = query.toString();
    if (text === '') return;
    if (text === this.lastQuery) this.print('      (the same parameters)');
    else this.printFields([...query]);
    this.lastQuery = text;
  }

  private printFields(fields: readonly (readonly [string, unknown])[]): void {
    for (const [name, value] of fields) {
      const shown = value === this.lastQuery ? '(the same parameters)' : shortened(name, value);
      this.print(`      ${name.padEnd(22)}${shown}`);
    }
  }
}

function describe(response: Response): string {
  const location = response.headers.get('location');
  if (location === null) return ` ${(response.headers.get('content-type') ?? '').split(';', 1)[0] ?? ''}`;
  return ` on to ${location.split('?', 1)[0]}`;
}

function fieldsOf(body: RequestInit['body']): [string, unknown][] {
  if (body instanceof URLSearchParams) return [...body];
  if (typeof body !== 'string') return [];
  return body.startsWith('{') ? Object.entries(Object(JSON.parse(body))) : [...new URLSearchParams(body)];
}

function credentialHeaders(headers: RequestInit['headers']): [string, string][] {
  const given = new Headers(headers);
  return ['authorization', 'cookie'].flatMap((name) => {
    const value = given.get(name);
    return value === null ? [] : [[name, value] as [string, string]];
  });
}

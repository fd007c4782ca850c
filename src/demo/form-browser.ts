import type { Wire } from './wire';

/** As much of a browser as a login form needs: cookies, hidden fields, and redirects followed by hand. */
export class FormBrowser {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly wire: Wire) {}

  async open(url: URL): Promise<Response> {
    return this.send(url, {});
  }

  /** Sends the page's form with its hidden fields and what the end-user fills in. */
  async submit(page: URL, html: string, filledIn: Readonly<Record<string, string>>): Promise<Response> {
    const action = new URL(/<form[^>]* action="([^"]*)"/.exec(html)?.[1] ?? '', page);
    const hidden = html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
    const body = new URLSearchParams(filledIn);
    for (const [, name = '', value = ''] of hidden) body.append(name, unescaped(value));
    return this.send(action, { method: 'POST', body });
  }

  private async send(url: URL, init: RequestInit): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await this.wire.fetch(url, { ...init, headers: cookie === '' ? {} : { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    return response;
  }
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

function unescaped(html: string): string {
  return html.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
}

import type { Credentials } from './credentials';
import type { Wire, WireAnswer, WireRequest } from './wire';

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** What an end-user's browser does for a login: it keeps cookies and reads forms. It follows no redirect by itself. */
export class Browser {
  private readonly cookies = new Map<string, string>();

  constructor(
    private readonly wire: Wire,
    private readonly credentials: Credentials,
  ) {}

  /** The request as this browser sends it: for a page, and with its cookies. */
  prepare(request: WireRequest): WireRequest {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return { ...request, headers: { accept: 'text/html', ...(cookie !== '' && { cookie }), ...request.headers } };
  }

  async send(request: WireRequest): Promise<WireAnswer> {
    const answer = await this.wire.send(request);
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.credentials.learn(value);
      this.cookies.set(name, value);
    }
    return answer;
  }

  /** The value of the cookie whose name ends so: outside of loopback it begins with `__Host-`. */
  cookie(name: string): string | undefined {
    return [...this.cookies].find(([each]) => each.endsWith(name))?.[1];
  }
}

/** The hidden fields of a page's form. */
export function hiddenFields(html: string): Record<string, string> {
  const fields = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return Object.fromEntries(fields.map(([, name = '', value = '']) => [name, unescapeHtml(value)]));
}

/** The value of a `data-` attribute of the page; undefined when no element has it. */
export function dataAttribute(html: string, name: string): string | undefined {
  const value = new RegExp(`\\sdata-${name}="([^"]*)"`).exec(html)?.[1];
  return value === undefined ? undefined : unescapeHtml(value);
}

function unescapeHtml(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
}

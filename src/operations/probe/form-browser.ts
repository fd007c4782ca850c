import type { HttpClient, HttpClientAnswer, HttpClientRequest } from './http-client';
import { StepError } from './step-error';

/** A form, as much of it as it takes to send it. */
export interface PageForm {
  readonly action: URL;
  readonly hidden: Readonly<Record<string, string>>;
  /** The names of what can be filled in or pressed. */
  readonly names: ReadonlySet<string>;
}

/** As much of a browser as a login needs: cookies, forms with their hidden fields, and redirects. */
export class FormBrowser {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly http: HttpClient) {}

  async open(url: string | URL): Promise<HttpClientAnswer> {
    return this.send(url, {});
  }

  /** Sends the form with its hidden fields and what is filled in. */
  async submit({ action, hidden }: PageForm, filledIn: Readonly<Record<string, string>>): Promise<HttpClientAnswer> {
    return this.send(action, { form: { ...hidden, ...filledIn } });
  }

  async send(url: string | URL, request: HttpClientRequest): Promise<HttpClientAnswer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await this.http.send(url, { ...request, headers: { ...(cookie !== '' && { cookie }) } });
    for (const line of answer.cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }
}

/** The first form of a page that has a field or button of this name. Throws: {@link StepError}. */
export function formWith(name: string, { url, text }: HttpClientAnswer): PageForm {
  const form = formsOf(url, text).find(({ names }) => names.has(name));
  if (form === undefined) throw new StepError(`the page has no form with ${name}`);
  return form;
}

/** Whether a page has such a form. */
export function hasFormWith(name: string, { url, text }: HttpClientAnswer): boolean {
  return formsOf(url, text).some(({ names }) => names.has(name));
}

function formsOf(page: URL, html: string): PageForm[] {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(([, attributes = '', content = '']) => {
    const fields = [...content.matchAll(/<(?:input|button)\b([^>]*)>/g)].map(([, written = '']) => ({
      name: attribute('name', written),
      value: attribute('value', written),
      type: attribute('type', written),
    }));
    const hidden = fields.filter(({ type }) => type === 'hidden').map(({ name, value }) => [name, value] as const);
    return {
      action: new URL(attribute('action', attributes), page),
      hidden: Object.fromEntries(hidden),
      names: new Set(fields.map(({ name }) => name)),
    };
  });
}

function attribute(name: string, written: string): string {
  const [, value = ''] = new RegExp(String.raw`(?:^|\s)${name}="([^"]*)"`).exec(written) ?? [];
  return unescaped(value);
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

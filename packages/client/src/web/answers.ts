import { TesseraError } from '../errors.ts';

/** What a route answers, in the words of no framework. */
export interface WebAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string;
}

/** A code in a callback's URL is to be in no cache, and in no `Referer`. Source: RFC 9700 §4.2.4. */
const always = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

export function redirect(location: string, cookies: readonly string[] = []): WebAnswer {
  return { status: 303, headers: { ...always, location }, cookies, body: '' };
}

export function refuse(
  status: 401 | 403 | 405,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): WebAnswer {
  return page(status, `<h1>${escaped(message)}</h1>`, { headers });
}

/** A failed login: what went wrong, and what the end-user can do. Nothing of it was sent by the browser. */
export function failure(error: TesseraError, tryAgain: string, cookies: readonly string[] = []): WebAnswer {
  const { code, retryAfter = 5 } = error;
  const isAway = code === 'service_unreachable' || code === 'temporarily_unavailable';
  const status = isAway ? 503 : code === 'access_denied' ? 403 : 400;
  const known = /^[a-z_]{1,40}$/.test(code) ? code : 'answer_invalid';
  const text = isAway ? 'The login is not to be reached at the moment.' : 'The login did not succeed.';
  const body = `<h1>${text}</h1><p>Code: ${known}</p><p><a href="${escaped(tryAgain)}">Log in again</a></p>`;
  return page(status, body, { headers: isAway ? { 'retry-after': String(retryAfter) } : {}, cookies });
}

const submit = 'document.forms[0].submit()';
/** SHA-256 of {@link submit}. */
const submitHash = 'ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE=';

/** A page that posts the form by itself, or by its button: fields are in no URL. */
export function postForm(
  action: string,
  fields: Readonly<Record<string, string>>,
  cookies: readonly string[],
): WebAnswer {
  const inputs = Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`)
    .join('');
  const body = `<form method="post" action="${escaped(action)}">${inputs}<button>Continue</button></form><script>${submit}</script>`;
  return page(200, body, { script: `'sha256-${submitHash}'`, cookies });
}

function page(
  status: number,
  body: string,
  {
    headers = {},
    script = "'none'",
    cookies = [],
  }: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly script?: string;
    readonly cookies?: readonly string[];
  },
): WebAnswer {
  return {
    status,
    headers: {
      ...always,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src ${script}; base-uri 'none'; frame-ancestors 'none'`,
      ...headers,
    },
    cookies,
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>Login</title>${body}</html>`,
  };
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

import { TesseraError } from '../errors.ts';

/** A route's response, independent of the framework. */
export interface WebAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string;
}

/** The code in a callback's URL must not be cached or sent in a `Referer`. Source: RFC 9700 §4.2.4. */
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

/** A failed login, as an application may show it. Only `error` contains text from whoever sent the browser. */
export interface LoginFailure {
  /** The code of `error`, if it looks like one. */
  readonly code: string;
  readonly status: 400 | 403 | 503;
  /** URL of a link that begins the login again. */
  readonly tryAgain: string;
  /** For the log: its message may quote the callback's URL, which an attacker may have written. */
  readonly error: TesseraError;
}

/** The HTML page about a failed login. */
export type ErrorPage = (failure: LoginFailure) => string;

export function failure(error: TesseraError, tryAgain: string, errorPage: ErrorPage = ownErrorPage): WebAnswer {
  const isAway = error.code === 'service_unreachable' || error.code === 'temporarily_unavailable';
  const status = isAway ? 503 : error.code === 'access_denied' ? 403 : 400;
  const code = /^[a-z_]{1,40}$/.test(error.code) ? error.code : 'answer_invalid';
  const { retryAfter = 5 } = error;
  return {
    ...page(status, '', {
      headers: isAway ? { 'retry-after': String(retryAfter) } : {},
      policy: errorPage === ownErrorPage ? noScript : `default-src 'self'; img-src 'self' data:; script-src 'none'`,
    }),
    body: errorPage({ code, status, tryAgain, error }),
  };
}

function ownErrorPage({ code, status, tryAgain }: LoginFailure): string {
  const text = status === 503 ? 'The login is not to be reached at the moment.' : 'The login did not succeed.';
  return html(`<h1>${text}</h1><p>Code: ${code}</p><p><a href="${escaped(tryAgain)}">Log in again</a></p>`);
}

const submit = 'document.forms[0].submit()';
/** SHA-256 of {@link submit}. */
const submitHash = 'ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE=';

/** The response to a logout token: `error` is why it was refused. Source: OpenID Connect Back-Channel Logout 1.0 §2.8. */
export function logoutAnswer(error: TesseraError | undefined): WebAnswer {
  if (error === undefined) return { status: 200, headers: always, cookies: [], body: '' };
  const isOfToken = error.code === 'id_token_invalid';
  const body = isOfToken
    ? { error: 'invalid_request', error_description: `The logout token has a wrong ${error.reason}` }
    : { error: 'temporarily_unavailable', error_description: 'The keys of the issuer are not to be had' };
  return {
    status: isOfToken ? 400 : 503,
    headers: { ...always, 'content-type': 'application/json', ...(!isOfToken && { 'retry-after': '10' }) },
    cookies: [],
    body: JSON.stringify(body),
  };
}

/** A page that posts the form by itself, or by its button: no field gets into a URL. */
export function postForm(
  action: string,
  fields: Readonly<Record<string, string>>,
  cookies: readonly string[],
): WebAnswer {
  const inputs = Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`)
    .join('');
  const body = `<form method="post" action="${escaped(action)}">${inputs}<button>Continue</button></form><script>${submit}</script>`;
  return page(200, body, { policy: `default-src 'none'; script-src 'sha256-${submitHash}'`, cookies });
}

const noScript = `default-src 'none'; script-src 'none'`;

function page(
  status: number,
  body: string,
  {
    headers = {},
    policy = noScript,
    cookies = [],
  }: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly policy?: string;
    readonly cookies?: readonly string[];
  },
): WebAnswer {
  return {
    status,
    headers: {
      ...always,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `${policy}; base-uri 'none'; frame-ancestors 'none'`,
      ...headers,
    },
    cookies,
    body: html(body),
  };
}

function html(body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Login</title>${body}</html>`;
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

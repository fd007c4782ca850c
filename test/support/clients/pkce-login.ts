import { newSecret } from '../../../src/domain/credentials/secret';
import { s256 } from '../../../src/domain/credentials/pkce';
import { BrowserSession, hiddenFields } from './browser-session';
import type { TestService } from '../service/service';
import { answerOf, Refused } from './refused';
import type { Answer } from './wallet';

// The requests of a login one by one, each of which a test may alter, and their raw answers. Where a login is all that a test
// needs, logged-in-client.ts logs in as an application does.

/** The part of a service that a client sees, and by what it is asked where that is not the platform's `fetch`. */
export interface Reachable extends Pick<TestService, 'url'> {
  readonly fetch?: (url: string | URL, init?: RequestInit) => Promise<Response>;
}

export type Fields = Readonly<Record<string, string | undefined>>;

/** A code that is not spent yet, with all that its client knows of it. */
export interface IssuedCode {
  readonly code: string;
  readonly verifier: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
}

export const redirectUri = 'http://127.0.0.1/callback';

/** A browser in which user0 has logged in by the form, with no request interrupted. */
export async function loggedIn({ url }: Reachable): Promise<BrowserSession> {
  const browser = new BrowserSession(url);
  const page = await browser.fetch('/login');
  const response = await submitPassword(browser, await page.text());
  if (response.status !== 303) throw new Error(`login refused: ${response.status}`);
  return browser;
}

/** Sends the login form of the page as user0. */
export function submitPassword(browser: BrowserSession, html: string, headers: HeadersInit = {}): Promise<Response> {
  return browser.postForm('/login', { ...hiddenFields(html), username: 'user0', password: 'password0' }, headers);
}

/** A complete authorization request of demo-spa; an undefined value leaves its parameter out. */
export function authorizationQuery(changes: Fields = {}): URLSearchParams {
  return given({
    response_type: 'code',
    client_id: 'demo-spa',
    redirect_uri: redirectUri,
    scope: 'openid',
    state: 'state-of-the-browser',
    code_challenge: s256(newSecret()),
    code_challenge_method: 'S256',
    ...changes,
  });
}

/** Where a redirect goes, relative to the service for its own pages. */
export function locationOf(response: Response, { url }: Reachable): URL {
  return new URL(response.headers.get('location') ?? 'missing:location', url);
}

/** A code for a browser that has logged in. Throws: {@link Refused}. */
export async function codeFor(service: Reachable, browser: BrowserSession, changes: Fields = {}): Promise<IssuedCode> {
  const verifier = newSecret();
  const query = authorizationQuery({ code_challenge: s256(verifier), ...changes });
  const response = await browser.fetch(`/authorize?${query}`);
  const code = locationOf(response, service).searchParams.get('code');
  if (code === null) throw new Refused('authorize', await answerOf(response));
  const [clientId = '', uri = '', state = ''] = ['client_id', 'redirect_uri', 'state'].map(
    (each) => query.get(each) ?? '',
  );
  return { code, verifier, clientId, redirectUri: uri, state };
}

/** Presses the button of a consent page that allows what it asks for. */
export async function allow(browser: BrowserSession, page: Response): Promise<Response> {
  return browser.postForm('/consent', { ...hiddenFields(await page.text()), decision: 'allow' });
}

/** What the code's own client sends to redeem it; an undefined value leaves its field out. */
export function redemption({ code, verifier, clientId, redirectUri: uri }: IssuedCode, changes: Fields = {}): Fields {
  return {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    redirect_uri: uri,
    code_verifier: verifier,
    ...changes,
  };
}

/** Posts a form to `/token`. */
export function postToken(service: Reachable, fields: Fields, headers?: HeadersInit): Promise<Answer> {
  return postFields(service, '/token', fields, headers);
}

/** Posts a form to an endpoint that answers with JSON, or with nothing. */
export async function postFields(
  { url, fetch: send = fetch }: Reachable,
  path: string,
  fields: Fields,
  headers: HeadersInit = {},
): Promise<Answer> {
  const response = await send(url + path, { method: 'POST', headers, body: given(fields) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

/** Redeems the code, or what `changes` makes of it. */
export function redeem(service: Reachable, code: IssuedCode, changes?: Fields, headers?: HeadersInit): Promise<Answer> {
  return postToken(service, redemption(code, changes), headers);
}

/** Uses a refresh token as the client that it belongs to. */
export function refresh(
  service: Reachable,
  refreshToken: unknown,
  changes: Fields = {},
  headers?: HeadersInit,
): Promise<Answer> {
  const fields = { grant_type: 'refresh_token', client_id: 'demo-spa', refresh_token: String(refreshToken) };
  return postToken(service, { ...fields, ...changes }, headers);
}

/** Asks a protected resource with the access token. */
export function askWith({ url }: Reachable, accessToken: unknown, path = '/api/me'): Promise<Response> {
  return fetch(`${url}${path}`, { headers: { authorization: `Bearer ${String(accessToken)}` } });
}

export function basic(clientId: string, secret: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` };
}

function given(fields: Fields): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) parameters.append(name, value);
  return parameters;
}

import { CookieJar } from '../../src/apps/browser/cookie-jar';
import { hiddenFields } from '../../src/apps/browser/page-form';
import { newSecret } from '../../src/domain/credentials/secret';
import { s256 } from '../../src/domain/credentials/pkce';
import { anyAddress, type Answer, ask, Refused } from './answer';

/** An app that logs people in by OAuth with PKCE. */
export interface App {
  readonly clientId: string;
  readonly redirectUri: string;
  /** Of a confidential client. */
  readonly secret?: string;
}

/** A browser in which somebody has logged in with a password. */
export interface Browser {
  readonly jar: CookieJar;
}

/** A code that was answered, with what its client knows of it. */
export interface Code {
  readonly app: App;
  readonly code: string;
  readonly verifier: string;
  /** Where the browser was sent. */
  readonly location: string;
}

export type Fields = Readonly<Record<string, string | undefined>>;

/** Logs in by the form of the login page. Throws: {@link Refused}. */
export async function logInWithPassword(
  url: string,
  username: string,
  password: string,
  {
    jar = new CookieJar(),
    address = anyAddress(),
    withinMs = 20_000,
  }: { jar?: CookieJar; address?: string; withinMs?: number } = {},
): Promise<Browser> {
  const page = await ask(`${url}/login`, address, { headers: { accept: 'text/html', ...jar.header() } }, withinMs);
  const body = new URLSearchParams({ ...hiddenFields(page.text), username, password });
  jar.take(page.headers.getSetCookie());
  const answer = await ask(`${url}/login`, address, { method: 'POST', headers: jar.header(), body }, withinMs);
  if (answer.status !== 303) throw new Refused('login', answer);
  jar.take(answer.headers.getSetCookie());
  return { jar };
}

/** A code for the browser; `changes` of the request, undefined leaves a parameter out. Throws: {@link Refused}. */
export async function requestCode(url: string, browser: Browser, app: App, changes: Fields = {}): Promise<Code> {
  const verifier = newSecret();
  const answer = await authorize(url, browser, app, { code_challenge: s256(verifier), ...changes });
  const location = answer.headers.get('location') ?? '';
  const code = URL.canParse(location) ? new URL(location).searchParams.get('code') : null;
  if (code === null) throw new Refused('authorize', answer);
  return { app, code, verifier, location };
}

export function authorize(url: string, { jar }: Browser, app: App, changes: Fields): Promise<Answer> {
  const query = given({
    response_type: 'code',
    client_id: app.clientId,
    redirect_uri: app.redirectUri,
    scope: 'openid',
    state: newSecret(),
    code_challenge_method: 'S256',
    ...changes,
  });
  return ask(`${url}/authorize?${query}`, anyAddress(), { headers: jar.header() });
}

/** What the code's client sends to redeem it, changed as said. */
export function redeemCode(url: string, { app, code, verifier }: Code, changes: Fields = {}): Promise<Answer> {
  const fields = { grant_type: 'authorization_code', code, redirect_uri: app.redirectUri, code_verifier: verifier };
  return askToken(url, app, { ...fields, ...changes });
}

export function refresh(url: string, app: App, refreshToken: string): Promise<Answer> {
  return askToken(url, app, { grant_type: 'refresh_token', refresh_token: refreshToken });
}

function askToken(url: string, { clientId, secret }: App, fields: Fields): Promise<Answer> {
  const body = given({ client_id: clientId, client_secret: secret, ...fields });
  return ask(`${url}/token`, anyAddress(), { method: 'POST', body });
}

function given(fields: Fields): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) parameters.append(name, value);
  return parameters;
}

import { s256 } from '../../../src/domain/credentials/pkce';
import { newSecret } from '../../../src/domain/credentials/secret';
import type { BrowserSession } from './browser-session';
import { allow, authorizationQuery, type Fields, type IssuedCode, locationOf, type Reachable } from './pkce-login';
import type { Answer } from './wallet';

export const callback = 'http://127.0.0.1/callback';

/** What a native client says of itself. */
export const nativeClient = {
  client_name: 'A native client',
  redirect_uris: [callback],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
} as const;

/** Sends client metadata, or a text as it is. */
export async function register(
  { url }: Reachable,
  metadata: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return send(`${url}/register`, 'POST', metadata, headers);
}

/** Manages a registration as its own client, or with the given changes of what it shows. */
export async function manage(
  method: string,
  { body }: Answer,
  metadata?: unknown,
  token: unknown = body['registration_access_token'],
): Promise<Answer> {
  return send(String(body['registration_client_uri']), method, metadata, { authorization: `Bearer ${String(token)}` });
}

async function send(
  url: string,
  method: string,
  metadata: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(metadata !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(metadata !== undefined && { body: typeof metadata === 'string' ? metadata : JSON.stringify(metadata) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

/** The consent page that a request of the client comes to, or another answer. */
export function ask(browser: BrowserSession, clientId: string, changes: Fields = {}): Promise<Response> {
  const query = authorizationQuery({ client_id: clientId, redirect_uri: callback, state: undefined, ...changes });
  return browser.fetch(`/authorize?${query}`);
}

/** A code of a third party, whose end-user allows what it asks for. */
export async function allowedCode(
  service: Reachable,
  browser: BrowserSession,
  clientId: string,
  changes: Fields = {},
): Promise<IssuedCode> {
  const verifier = newSecret();
  const asked = { redirect_uri: callback, code_challenge: s256(verifier), ...changes };
  const page = await ask(browser, clientId, asked);
  const response = page.status === 200 ? await allow(browser, page) : page;
  const code = locationOf(response, service).searchParams.get('code');
  if (code === null) throw new Error(`no code: ${response.status} ${response.headers.get('location')}`);
  return { code, verifier, clientId, redirectUri: asked.redirect_uri ?? callback, state: '' };
}

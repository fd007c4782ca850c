import { newSecret } from '../../../src/domain/credentials/secret';
import { s256 } from '../../../src/domain/credentials/pkce';
import type { BrowserSession } from './browser-session';
import { authorizationQuery, type Fields, type IssuedCode, locationOf, type Reachable } from './pkce-login';
import type { Answer } from './wallet';

/** What `/par` answered, and what its client keeps for the code. */
export interface Pushed {
  readonly answer: Answer;
  /** Empty when it was refused. */
  readonly requestUri: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly verifier: string;
}

/** Pushes a complete request of demo-spa; an undefined value leaves its parameter out. */
export async function pushRequest(
  { url }: Reachable,
  changes: Fields = {},
  headers: HeadersInit = {},
): Promise<Pushed> {
  const verifier = newSecret();
  const body = authorizationQuery({ code_challenge: s256(verifier), ...changes });
  const response = await fetch(`${url}/par`, { method: 'POST', headers, body });
  const answer = { status: response.status, headers: response.headers, body: await response.json() };
  const requestUri = String(answer.body['request_uri'] ?? '');
  const [clientId = '', redirectUri = ''] = ['client_id', 'redirect_uri'].map((each) => body.get(each) ?? '');
  return { answer, requestUri, clientId, redirectUri, verifier };
}

/** Where a browser opens a pushed request. */
export function openingPath(clientId: string, requestUri: string, more: Fields = {}): string {
  const query = new URLSearchParams({ client_id: clientId, request_uri: requestUri });
  for (const [name, value] of Object.entries(more)) if (value !== undefined) query.append(name, value);
  return `/authorize?${query}`;
}

/** What a browser with a session gets that opens a pushed request: `code`, or the reason of the refusal. */
export async function openPushed(service: Reachable, browser: BrowserSession, pushed: Pushed): Promise<string> {
  const response = await browser.fetch(openingPath(pushed.clientId, pushed.requestUri));
  if (response.status === 303 && locationOf(response, service).searchParams.has('code')) return 'code';
  const { reason } = (await response.json()) as Answer['body'];
  return String(reason);
}

/** The code of a pushed request that a browser with a session opens. */
export async function pushedCodeFor(service: Reachable, browser: BrowserSession, pushed: Pushed): Promise<IssuedCode> {
  const { answer, requestUri, clientId, redirectUri, verifier } = pushed;
  if (answer.status !== 201) throw new Error(`not pushed: ${JSON.stringify(answer.body)}`);
  const response = await browser.fetch(openingPath(clientId, requestUri));
  const code = locationOf(response, service).searchParams.get('code');
  if (code === null) throw new Error(`no code: ${response.status} ${response.headers.get('location')}`);
  return { code, verifier, clientId, redirectUri, state: '' };
}

import { newSecret } from '../../src/credentials/secret';
import { s256 } from '../../src/credentials/pkce';
import { authorizationQuery, type Fields, type Reachable } from './pkce-login';
import type { Answer } from './wallet';

/** What `/par` answered, and what its client keeps for the code. */
export interface Pushed {
  readonly answer: Answer;
  /** Empty when it was refused. */
  readonly requestUri: string;
  readonly clientId: string;
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
  return { answer, requestUri, clientId: body.get('client_id') ?? '', verifier };
}

/** Where a browser opens a pushed request. */
export function openingPath(clientId: string, requestUri: string, more: Fields = {}): string {
  const query = new URLSearchParams({ client_id: clientId, request_uri: requestUri });
  for (const [name, value] of Object.entries(more)) if (value !== undefined) query.append(name, value);
  return `/authorize?${query}`;
}

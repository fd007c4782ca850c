import { type Client, createClient } from '@tessera/client';
import { type HttpClient, newHttpClient } from './http-client';
import { runScope } from './run-clients';
import type { RunContext } from './run-context';
import type { WireRequest } from './wire';

/** The victim's application, which logs in by @tessera/client, with its HTTP client; by default the one without refresh tokens. */
export function newApp(
  context: RunContext,
  { clientId } = context.clients.app,
  scope = runScope,
): { readonly client: Client; readonly http: HttpClient } {
  const { http, options } = newHttpClient(context);
  const { redirectUri } = context.clients;
  return { client: createClient({ ...options, scope, clientId, redirectUri }), http };
}

/** The authorization request of a new login of the victim's application. */
export async function authorizeRequest(client: Client): Promise<WireRequest> {
  const { pathname, search } = new URL(await client.begin());
  return { method: 'GET', path: pathname + search };
}

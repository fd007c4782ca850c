import { type Client, createClient } from '@tessera/client';
import { type HttpClient, newHttpClient } from './http-client';
import type { RunContext } from './run-context';
import type { WireRequest } from './wire';

/** The victim's application, which logs in by @tessera/client, and the line that it sends over. */
export function newApp(stage: RunContext): { readonly client: Client; readonly line: HttpClient } {
  const { line, options } = newHttpClient(stage);
  const { app, redirectUri } = stage.clients;
  return { client: createClient({ ...options, clientId: app.clientId, redirectUri }), line };
}

/** The authorization request of a new login of the victim's application, with which the browser is sent away. */
export async function authorizeRequest(client: Client): Promise<WireRequest> {
  const { pathname, search } = new URL(await client.begin());
  return { method: 'GET', path: pathname + search };
}

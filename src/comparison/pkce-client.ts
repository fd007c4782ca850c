import { type Client, createClient, createDiscovery } from '@tessera/client';
import { ClientLine } from './client-line';
import { runScope } from './run-clients';
import type { Stage } from './stage';
import type { WireRequest } from './wire';

/** The victim's application, which logs in by @tessera/client, and the line that it sends over. */
export function newApp({ issuer, clients, wire, now }: Stage): { readonly client: Client; readonly line: ClientLine } {
  const line = new ClientLine(wire);
  const { app, redirectUri } = clients;
  // An application asks for metadata once, and not for each login.
  const discovery = createDiscovery({ issuer, fetch: line.look, now });
  const options = { issuer, clientId: app.clientId, redirectUri, scope: runScope };
  return { client: createClient({ ...options, discovery, fetch: line.fetch, now }), line };
}

/** The authorization request of a new login of the victim's application, with which the browser is sent away. */
export async function authorizeRequest(client: Client): Promise<WireRequest> {
  const { pathname, search } = new URL(await client.begin());
  return { method: 'GET', path: pathname + search };
}

import type { Client } from '@tessera/client';

/** Finishes the client's login with what came back, and asks `/api/me` whose token it gave. */
export async function whoIs(client: Client, callbackUrl: string): Promise<unknown> {
  await client.finish(callbackUrl);
  return (await client.fetch(`${client.discovery.issuer}/api/me`)).json();
}

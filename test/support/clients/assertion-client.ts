import { byAssertion, newClientKey } from './client-key';
import type { Fields, Reachable } from './pkce-login';
import { callback, register } from './registration';

/** A client that has registered itself, and authenticates by `private_key_jwt`. */
export interface AssertionClient {
  readonly clientId: string;
  /** The fields of a form with an assertion of its own, for a minute. */
  authentication(): Promise<Fields>;
}

export async function registerAssertionClient(service: Reachable): Promise<AssertionClient> {
  const key = await newClientKey();
  const { status, body } = await register(service, {
    redirect_uris: [callback],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
  });
  if (status !== 201) throw new Error(`not registered: ${status}`);
  const clientId = String(body['client_id']);
  const authentication = async () =>
    byAssertion(await key.assertion({ clientId, audience: service.url, now: Date.now() }));
  return { clientId, authentication };
}

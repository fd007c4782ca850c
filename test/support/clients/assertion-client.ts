import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { newSecret } from '../../../src/domain/credentials/secret';
import type { Fields, Reachable } from './pkce-login';

/** A client that has registered itself, and authenticates by `private_key_jwt`. */
export interface AssertionClient {
  readonly clientId: string;
  /** The fields of a form with an assertion of its own, for a minute. Source: RFC 7523 §2.2. */
  authentication(): Promise<Fields>;
}

export async function registerAssertionClient({ url }: Reachable): Promise<AssertionClient> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const metadata = {
    redirect_uris: ['http://127.0.0.1/callback'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] },
  };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/register`, { method: 'POST', headers, body: JSON.stringify(metadata) });
  const { client_id: clientId } = (await response.json()) as { readonly client_id?: string };
  if (clientId === undefined) throw new Error(`not registered: ${response.status}`);
  return {
    clientId,
    authentication: async () => {
      const iat = Math.floor(Date.now() / 1000);
      const claims = { iss: clientId, sub: clientId, aud: url, jti: newSecret(), iat, exp: iat + 60 };
      return {
        client_assertion: await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey),
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      };
    },
  };
}

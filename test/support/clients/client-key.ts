import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { newSecret } from '../../../src/domain/credentials/secret';
import type { Fields } from './pkce-login';

type Members = Readonly<Record<string, unknown>>;

/** A key by which a client authenticates. */
export interface ClientKey {
  /** The public one, as its client registers it. */
  readonly jwk: JWK;
  /** An assertion for a minute from `now`, in epoch milliseconds; `claims` and `header` replace what belongs there. */
  assertion(of: AssertedClient, claims?: Members, header?: Members): Promise<string>;
}

export interface AssertedClient {
  readonly clientId: string;
  readonly audience: string;
  readonly now: number;
}

/** Source: RFC 7523 §3. */
export async function newClientKey(alg = 'ES256', kid = 'k1'): Promise<ClientKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    assertion: ({ clientId, audience, now }, claims = {}, header = {}) => {
      const iat = Math.floor(now / 1000);
      const payload = { iss: clientId, sub: clientId, aud: audience, jti: newSecret(), iat, exp: iat + 60 };
      return new SignJWT({ ...payload, ...claims }).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
    },
  };
}

/** The fields of a form with an assertion. Source: RFC 7523 §2.2. */
export function byAssertion(assertion: string): Fields {
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  };
}

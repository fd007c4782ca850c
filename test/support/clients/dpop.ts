import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { newSecret } from '../../../src/domain/credentials/secret';
import { s256 } from '../../../src/domain/credentials/pkce';
import type { TestClock } from '../service/test-clock';

/** A key of a client, and the proofs that it signs: as jose makes them. Source: RFC 9449 §4.2. */
export interface DpopKey {
  readonly jwk: JWK;
  readonly jkt: string;
  /** A proof for the request; `claims` and `header` replace what belongs there, and what is undefined is left out. */
  proof(request: ProvenRequest, claims?: Members, header?: Members): Promise<string>;
}

export interface ProvenRequest {
  readonly method?: string;
  readonly url: string;
  readonly accessToken?: unknown;
  readonly nonce?: string | null;
}

type Members = Readonly<Record<string, unknown>>;

export async function newDpopKey(
  clock: Pick<TestClock, 'now'>,
  alg = 'ES256',
  options: { readonly modulusLength?: number } = {},
): Promise<DpopKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { ...options, extractable: true });
  const jwk = await exportJWK(publicKey);
  return {
    jwk,
    jkt: await calculateJwkThumbprint(jwk),
    proof: ({ method = 'POST', url, accessToken, nonce }, claims = {}, header = {}) => {
      const payload = {
        jti: newSecret(),
        htm: method,
        htu: url,
        iat: Math.floor(clock.now() / 1000),
        ...(accessToken !== undefined && { ath: s256(String(accessToken)) }),
        ...(typeof nonce === 'string' && { nonce }),
        ...claims,
      };
      return new SignJWT(payload).setProtectedHeader({ typ: 'dpop+jwt', alg, jwk, ...header }).sign(privateKey);
    },
  };
}

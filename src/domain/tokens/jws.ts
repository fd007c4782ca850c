import { createPrivateKey, type JsonWebKeyInput, type KeyObject, sign } from 'node:crypto';
import type { JWK } from 'jose';
import type { SigningAlgorithm } from '../../platform/settings';

/**
 * The type in the header, so that no token is taken for another; `seal+jwt` is none. Source: RFC 9068 §2.1, RFC 7519 §5.1, OpenID Connect
 * Back-Channel Logout 1.0 §2.4.
 */
export type TokenType = 'at+jwt' | 'JWT' | 'logout+jwt' | 'seal+jwt';

/** Signs with one key, on this thread: a turn through the thread pool costs more than a signature. */
export interface TokenSigner {
  readonly algorithm: SigningAlgorithm;
  readonly kid: string;
  /** The JWS compact serialization of the claims. Source: RFC 7515 §3.1, RFC 7519 §3. */
  sign(typ: TokenType, claims: object): string;
}

/** `privateJwk` must match the algorithm. Source: RFC 7518 §3.1, RFC 8037 §3.1. */
export function tokenSigner(algorithm: SigningAlgorithm, kid: string, privateJwk: JWK): TokenSigner {
  const key = createPrivateKey({ key: privateJwk, format: 'jwk' } as JsonWebKeyInput);
  const headers = {
    'at+jwt': encoded({ alg: algorithm, typ: 'at+jwt', kid }),
    JWT: encoded({ alg: algorithm, typ: 'JWT', kid }),
    'logout+jwt': encoded({ alg: algorithm, typ: 'logout+jwt', kid }),
    'seal+jwt': encoded({ alg: algorithm, typ: 'seal+jwt', kid }),
  };
  return {
    algorithm,
    kid,
    sign: (typ, claims) => {
      const input = `${headers[typ]}.${encoded(claims)}`;
      return `${input}.${signature(algorithm, key, input)}`;
    },
  };
}

function signature(algorithm: SigningAlgorithm, key: KeyObject, input: string): string {
  const data = Buffer.from(input, 'ascii');
  switch (algorithm) {
    case 'RS256':
      return sign('sha256', data, key).toString('base64url');
    case 'ES256':
      // r and s side by side, not in DER. Source: RFC 7518 §3.4.
      return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    case 'EdDSA':
      return sign(null, data, key).toString('base64url');
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

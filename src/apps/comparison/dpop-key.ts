import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { newId } from '../../domain/credentials/secret';
import type { RunContext } from './run-context';
import type { WireRequest } from './wire';

/** A client's key pair for its tokens, and the proofs signed with it. */
export interface DpopKey {
  /** The request with a fresh proof; for a protected resource with the access token's hash. */
  proven(request: WireRequest, accessToken?: string): WireRequest;
}

/** By a client's own means, independent of the server's code. Source: RFC 9449 §4.2. */
export function newDpopKey({ issuer, now, credentials }: Pick<RunContext, 'issuer' | 'now' | 'credentials'>): DpopKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  const header = encoded({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } });
  return {
    proven: ({ headers, ...request }, accessToken) => {
      const claims = {
        jti: newId(),
        htm: request.method,
        htu: `${issuer}${request.path}`,
        iat: Math.floor(now() / 1000),
        ...(accessToken !== undefined && { ath: createHash('sha256').update(accessToken).digest('base64url') }),
      };
      const input = `${header}.${encoded(claims)}`;
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      const dpop = `${input}.${signature.toString('base64url')}`;
      credentials.learn(dpop);
      return { ...request, headers: { ...headers, dpop } };
    },
  };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

import type { Dpop, KeyStorage } from '../dpop.ts';
import type { PrivateJwk } from '../private-key-jwt.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };

/**
 * The keys of `dpop()` on a server: one private ES256 key from the configuration, the same in all processes, and after a restart.
 * It is never in the `SessionStore`, so whoever reads that cannot use its tokens. Throws: TypeError for any other key.
 */
export function jwkKeys(jwk: PrivateJwk): KeyStorage {
  const { kty, crv, x, y, d } = jwk;
  if (crv !== 'P-256' || d === undefined) throw new TypeError('jwkKeys needs a private key of the curve P-256');
  const imported = (members: JsonWebKey, extractable: boolean, usage: KeyUsage) =>
    crypto.subtle.importKey('jwk', { kty, crv, x, y, ...members } as JsonWebKey, algorithm, extractable, [usage]);
  let pair: Promise<CryptoKeyPair> | undefined;
  return {
    getOrAdd: () =>
      (pair ??= Promise.all([imported({}, true, 'verify'), imported({ d }, false, 'sign')]).then(
        ([publicKey, privateKey]) => ({ publicKey, privateKey }),
      )),
    remove: async () => undefined,
  };
}

/** The key of an application for one of its many sessions. */
export function ofAllSessions(dpop: Dpop): Dpop {
  return {
    thumbprint: () => dpop.thumbprint(),
    proof: (request) => dpop.proof(request),
    // Another session may have brought the nonce meanwhile, and a proof without it is repeated all the same.
    observe: (url, response) => dpop.observe(url, response) || response.headers.has('dpop-nonce'),
    // The logout of one must not end the others.
    forget: async () => undefined,
  };
}

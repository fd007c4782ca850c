import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/**
 * Finds the key of the set that a JWS header means; throws a JOSEError when there is none. A key on Ed25519 may be named by
 * either name of its algorithm, in the set and in the header. Throws: a JOSEError for what is no key set. Source: RFC 7517 §4,
 * RFC 9864 §2.2.
 */
export function keyFinder(jwks: JSONWebKeySet): JWTVerifyGetKey {
  const keys = Array.isArray(jwks.keys) ? jwks.keys.map(withoutName) : jwks.keys;
  return createLocalJWKSet({ ...jwks, keys });
}

function withoutName<Key extends JSONWebKeySet['keys'][number]>(key: Key): Key {
  if (key?.kty !== 'OKP' || (key.alg !== 'EdDSA' && key.alg !== 'Ed25519')) return key;
  const { alg: _alg, ...nameless } = key;
  return nameless as Key;
}

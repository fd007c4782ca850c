import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/**
 * Finds the key that a JWS header names. An Ed25519 key may be called by either name of its algorithm, in the set and in the
 * header. Throws: a JOSEError when there is no such key, or the value is no key set. Source: RFC 7517 §4, RFC 9864 §2.2.
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

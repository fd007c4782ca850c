/** `@tessera/client/private-key-jwt`: authenticates a client by a signature of its own key instead of a secret. */
import { toBase64url, utf8 } from './base64url.ts';
import type { ClientOptions } from './client-options.ts';
import { TesseraError } from './errors.ts';
import { type Algorithm, algorithms } from './jws.ts';
import { newSecret, type WebCrypto } from './web-crypto.ts';

/** The client, and the key whose public half is in its registered `jwks`. */
export interface PrivateKeyJwtOptions {
  /** The issuer identifier, exactly as the service has it: the audience of the assertions. */
  readonly issuer: string;
  readonly clientId: string;
  /** The private key: a `CryptoKey` that may sign, or a JWK. */
  readonly key: CryptoKey | PrivateJwk;
  /** The key's id in the registered `jwks`; that of the JWK by default. */
  readonly kid?: string | undefined;
  /** That of the JWK by default, or `ES256`. */
  readonly alg?: 'ES256' | 'PS256' | 'EdDSA' | 'Ed25519' | 'RS256' | undefined;
  readonly crypto?: WebCrypto | undefined;
  /** Milliseconds since 1970; the service accepts a clock that is at most 10 seconds ahead of its own. */
  readonly now?: (() => number) | undefined;
}

/** A private key as JSON. Source: RFC 7517 §4. */
export interface PrivateJwk extends JsonWebKey {
  readonly kid?: string;
}

/** Seconds. */
const lifetime = 60;

/**
 * The option `authenticate` of a client that is registered with `private_key_jwt`: adds an assertion of its own to each form,
 * valid once, for a minute, and for this issuer alone. Throws {@link TesseraError} (`configuration_invalid`) without a private
 * key, and for each form if the key is not one for `alg`. Source: RFC 7523 §2.2, §3; FAPI 2.0 Security Profile §5.3.3.1.
 */
export function privateKeyJwt(options: PrivateKeyJwtOptions): NonNullable<ClientOptions['authenticate']> {
  const { issuer, clientId, key, crypto = globalThis.crypto, now = Date.now } = options;
  const jwk = 'algorithm' in key ? undefined : key;
  const { kid = jwk?.kid, alg = jwk?.alg ?? 'ES256' } = options;
  const algorithm = algorithms.get(alg);
  const isPrivate = 'algorithm' in key ? key.type === 'private' : key.d !== undefined;
  if (!algorithm || !isPrivate) throw unusable(alg);
  let signingKey: Promise<CryptoKey> | undefined;
  return async (form) => {
    const iat = Math.floor(now() / 1000);
    const claims = { iss: clientId, sub: clientId, aud: issuer, jti: newSecret(crypto), iat, exp: iat + lifetime };
    const signed = `${encoded({ alg, kid })}.${encoded(claims)}`;
    signingKey ??= imported(key, algorithm, crypto);
    const signature = await signingKey
      .then((each) => crypto.subtle.sign(algorithm, each, utf8(signed)))
      // Without its cause, which may quote the key.
      .catch(() => Promise.reject(unusable(alg)));
    form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    form.set('client_assertion', `${signed}.${toBase64url(signature)}`);
  };
}

async function imported(key: CryptoKey | PrivateJwk, algorithm: Algorithm, { subtle }: WebCrypto): Promise<CryptoKey> {
  return 'algorithm' in key ? key : subtle.importKey('jwk', key, algorithm, false, ['sign']);
}

const encoded = (part: object) => toBase64url(utf8(JSON.stringify(part)));

const unusable = (alg: string) => new TesseraError('configuration_invalid', `The key is not a private one for ${alg}`);

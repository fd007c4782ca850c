import { type Members, membersOf } from './answer.ts';
import { fromBase64url, utf8 } from './base64url.ts';
import type { Discovery, Jwk } from './discovery.ts';
import { TesseraError } from './errors.ts';
import type { WebCrypto } from './web-crypto.ts';

/** Header and claims of a JWT; empty objects where they are not JSON. */
export interface VerifiedJwt {
  readonly claims: Members;
  /** Hash function of its algorithm. */
  readonly hash: string;
}

/** As WebCrypto takes it, to import a key, to sign and to verify. */
export interface Algorithm {
  readonly name: string;
  readonly hash: string;
  readonly namedCurve?: string;
  readonly saltLength?: number;
}

const ed25519 = { name: 'Ed25519', hash: 'SHA-512' };

/** The service's algorithms; never `none`, nor an HMAC, whose key would be the client's. */
export const algorithms: ReadonlyMap<unknown, Algorithm> = new Map<string, Algorithm>([
  ['RS256', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }],
  ['PS256', { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 }],
  ['ES256', { name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' }],
  ['EdDSA', ed25519],
  // Source: RFC 9864 §2.2.
  ['Ed25519', ed25519],
]);

/**
 * The contents of a JWT signed by the issuer. Throws `id_token_invalid` with the reason `alg`, `kid` or `signature`.
 * Source: RFC 7515 §5.2.
 */
export async function verified(jwt: string, discovery: Discovery, { subtle }: WebCrypto): Promise<VerifiedJwt> {
  const [head = '', payload = '', signature = '', ...more] = jwt.split('.');
  const { alg, kid } = decoded(head);
  const algorithm = algorithms.get(alg);
  if (more.length > 0 || !algorithm) throw invalid('alg');
  const key = await discovery.key(typeof kid === 'string' ? kid : undefined, String(alg));
  if (!key) throw invalid('kid');
  if (!(await isSigned(subtle, key, algorithm, `${head}.${payload}`, signature))) throw invalid('signature');
  return { claims: decoded(payload), hash: algorithm.hash };
}

async function isSigned(
  subtle: WebCrypto['subtle'],
  key: Jwk,
  algorithm: Algorithm,
  signed: string,
  signature: string,
): Promise<boolean> {
  try {
    const imported = await subtle.importKey('jwk', key as JsonWebKey, algorithm, false, ['verify']);
    return await subtle.verify(algorithm, imported, fromBase64url(signature), utf8(signed));
  } catch {
    return false;
  }
}

/** The JSON object in a part of a JWS; an empty one otherwise. */
export function decoded(part: string): Members {
  try {
    return membersOf(new TextDecoder().decode(fromBase64url(part))) ?? {};
  } catch {
    return {};
  }
}

/** `reason`: the wrong member of the token. */
export const invalid = (reason: string) =>
  new TesseraError('id_token_invalid', `The ID token has a wrong ${reason}`, { reason });

import { constants, hash, type KeyObject, verify } from 'node:crypto';
import * as z from 'zod';
import { publicKeyOf } from '../credentials/public-key';
import { hashSecret } from '../credentials/secret';
import { parseJson } from '../../platform/http/json';

/** The accepted algorithms; EdDSA has two names. Source: RFC 9449 §5.1, RFC 9864 §2.2. */
export const dpopAlgorithms = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const;

/** Seconds that a proof is valid after its `iat`, and that `iat` may be ahead of our clock. Source: RFC 9449 §11.1. */
export const proofLifetime = 60;
const clockSkew = 10;

/** Characters: fits the largest key with its signature, two hashes and the longest URI. */
const longestProof = 4_096;
/** Characters of the client's own `jti`. */
const longestJti = 256;

const jwsShape = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;
/** Requires an authority: URL parsers would find one in texts that have none. */
const httpUri = /^https?:\/\/[!-[\]-~]+$/i;

/** Has no `crit`: extensions that must be understood are rejected. Source: RFC 7515 §4.1.11. */
const headerSchema = z.object({
  typ: z.literal('dpop+jwt'),
  alg: z.enum(dpopAlgorithms),
  jwk: z.record(z.string(), z.unknown()),
  crit: z.never().optional(),
});

/** Source: RFC 9449 §4.2; RFC 7519 §4.1.4, §4.1.5. */
const claimsSchema = z.object({
  jti: z.string().min(1).max(longestJti),
  htm: z.string(),
  htu: z.string(),
  iat: z.number(),
  exp: z.number().optional(),
  nbf: z.number().optional(),
  ath: z.string().optional(),
  nonce: z.string().optional(),
});

/** The request that a proof must match. */
export interface ProofExpectation {
  readonly method: string;
  /** URL of the endpoint, without query and fragment. */
  readonly url: string;
  /** The access token of the request, at a protected resource. */
  readonly accessToken?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The key and algorithm of a proof. */
export interface ProofKey {
  readonly alg: (typeof dpopAlgorithms)[number];
  readonly key: KeyObject;
  /** The RFC 7638 thumbprint. */
  readonly jkt: string;
}

/** A proof with valid signature and claims. It may still be a replay. */
export interface DpopProof {
  readonly alg: (typeof dpopAlgorithms)[number];
  /** The RFC 7638 thumbprint of the key that signed it. */
  readonly jkt: string;
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly nonce: string | undefined;
}

/**
 * Verifies the value of a `DPoP` header; undefined when it is not a valid proof for the request. `keyOf`: {@link readProofKey},
 * possibly cached. Source: RFC 9449 §4.3.
 */
export function readDpopProof(
  text: string,
  expectation: ProofExpectation,
  keyOf: (header: string) => ProofKey | undefined = readProofKey,
): DpopProof | undefined {
  const [, header, payload, signature] = (text.length <= longestProof && jwsShape.exec(text)) || [];
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  const claims = claimsSchema.safeParse(decoded(payload)).data;
  if (claims === undefined || !isFor(claims, expectation)) return undefined;
  const proofKey = keyOf(header);
  if (proofKey === undefined || !isSigned(proofKey, `${header}.${payload}`, signature)) return undefined;
  const { jti, iat, nonce } = claims;
  return { alg: proofKey.alg, jkt: proofKey.jkt, jti, iat, nonce };
}

/** The key in the protected header of a proof, as encoded; undefined when the header is not valid. */
export function readProofKey(header: string): ProofKey | undefined {
  const { alg, jwk } = headerSchema.safeParse(decoded(header)).data ?? {};
  const key = jwk === undefined ? undefined : publicKeyOf(jwk);
  return alg === undefined || key === undefined ? undefined : { alg, key, jkt: thumbprintOf(key) };
}

function isFor(claims: z.infer<typeof claimsSchema>, { method, url, accessToken, now }: ProofExpectation): boolean {
  const seconds = Math.floor(now / 1000);
  const { htm, htu, iat, exp = Infinity, nbf = iat, ath } = claims;
  const latest = seconds + clockSkew;
  return (
    htm === method &&
    isSameUri(htu, url) &&
    iat >= seconds - proofLifetime &&
    iat <= latest &&
    nbf <= latest &&
    exp > seconds &&
    (accessToken === undefined || ath === hashSecret(accessToken))
  );
}

/** Compared as URLs, without query and fragment. Source: RFC 9449 §4.3, check 9. */
function isSameUri(htu: string, url: string): boolean {
  if (!httpUri.test(htu) || !URL.canParse(htu)) return false;
  const target = new URL(htu);
  target.search = '';
  target.hash = '';
  return target.href === new URL(url).href;
}

/** On this thread, like signing. Source: RFC 7518 §3.1, RFC 8037 §3.1. */
function isSigned({ alg, key }: ProofKey, input: string, signature: string): boolean {
  const data = Buffer.from(input, 'ascii');
  const bytes = Buffer.from(signature, 'base64url');
  const type = key.asymmetricKeyType;
  switch (alg) {
    case 'ES256':
      return type === 'ec' && verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, bytes);
    case 'EdDSA':
    case 'Ed25519':
      return type === 'ed25519' && verify(null, data, key, bytes);
    case 'RS256':
      return type === 'rsa' && verify('sha256', data, key, bytes);
    case 'PS256':
      return type === 'rsa' && verify('sha256', data, { key, ...pss }, bytes);
  }
}

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

/** Computed from the key, not from its text: one key has one thumbprint. Source: RFC 7638 §3.2. */
function thumbprintOf(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' });
  return hash('sha256', JSON.stringify({ crv, e, kty, n, x, y }), 'base64url');
}

/** The JSON of a part; undefined when it is not JSON. */
function decoded(part: string): unknown {
  try {
    return parseJson(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

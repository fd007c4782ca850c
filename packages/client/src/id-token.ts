import { type Members, membersOf } from './answer.ts';
import { fromBase64url, toBase64url, utf8 } from './base64url.ts';
import type { Discovery, Jwk } from './discovery.ts';
import { TesseraError } from './errors.ts';
import type { IdTokenClaims, TokenSet } from './tokens.ts';
import type { WebCrypto } from './web-crypto.ts';

/** What an ID token must say. */
export interface ExpectedIdToken {
  readonly clientId: string;
  readonly accessToken: string;
  /** Of the login; a refresh has none. */
  readonly nonce?: string | undefined;
  /** The `max_age` that was asked for, in seconds. */
  readonly maxAge?: string | undefined;
  /** Of the login that is refreshed. Source: OpenID Connect Core 1.0 §12.2. */
  readonly former?: IdTokenClaims | undefined;
  /**
   * Milliseconds since 1970 by the issuer's clock. Undefined where its answers do not show it (a browser hides `Date` from
   * other origins): the token is no older than its nonce then, or than the token it follows. The clock of a device that is
   * off by hours decides about no login.
   */
  readonly now: number | undefined;
}

/** The answer may have been under way for so long. */
const toleranceMs = 60_000;

/** Those of the service; never `none`, nor an HMAC, whose key would be the client's. */
const algorithms: Readonly<Record<string, AlgorithmOf>> = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 },
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519', hash: 'SHA-512' },
  // Source: RFC 9864 §2.2.
  Ed25519: { name: 'Ed25519', hash: 'SHA-512' },
};

interface AlgorithmOf {
  readonly name: string;
  readonly hash: string;
  readonly namedCurve?: string;
  readonly saltLength?: number;
}

/** The tokens of a login or a refresh, with the claims of their ID token. Throws `id_token_invalid`. */
export async function checkedTokens(
  tokens: TokenSet,
  { headers }: Response,
  expected: Omit<ExpectedIdToken, 'accessToken' | 'now'>,
  discovery: Discovery,
  crypto: WebCrypto,
): Promise<TokenSet> {
  const { idToken, accessToken, scope } = tokens;
  if (idToken === undefined) {
    // Source: OpenID Connect Core 1.0 §3.1.3.3.
    if (scope.includes('openid')) throw new TesseraError('id_token_invalid', 'There is no ID token');
    return tokens;
  }
  const time = Date.parse(headers.get('date') ?? '');
  const now = Number.isNaN(time) ? undefined : time;
  return { ...tokens, claims: await checkIdToken(idToken, { ...expected, accessToken, now }, discovery, crypto) };
}

/** The claims of an ID token that is right in every point, else throws `id_token_invalid`. Source: OpenID Connect Core 1.0 §3.1.3.7. */
export async function checkIdToken(
  idToken: string,
  expected: ExpectedIdToken,
  discovery: Discovery,
  crypto: WebCrypto,
): Promise<IdTokenClaims> {
  const [head = '', payload = '', signature = '', ...more] = idToken.split('.');
  const { alg, kid } = decoded(head);
  const algorithm = typeof alg === 'string' && Object.hasOwn(algorithms, alg) ? algorithms[alg] : undefined;
  if (more.length > 0 || algorithm === undefined) throw invalid('is signed by an unknown algorithm', 'alg');
  const key = await discovery.key(typeof kid === 'string' ? kid : undefined, String(alg));
  if (key === undefined) throw invalid('is signed by an unknown key', 'kid');
  if (!(await isSigned(crypto, key, algorithm, `${head}.${payload}`, signature))) {
    throw invalid('has a wrong signature', 'signature');
  }
  const claims = decoded(payload);
  assertClaims(claims, expected, discovery.issuer);
  // Source: OpenID Connect Core 1.0 §3.1.3.6: the left half of the hash that belongs to the algorithm.
  const hash = await crypto.subtle.digest(algorithm.hash, utf8(expected.accessToken));
  if (claims['at_hash'] !== undefined && claims['at_hash'] !== toBase64url(hash.slice(0, hash.byteLength / 2))) {
    throw invalid('belongs to another access token', 'at_hash');
  }
  return claims as IdTokenClaims;
}

function assertClaims(
  claims: Members,
  { clientId, nonce, maxAge, former, now }: ExpectedIdToken,
  issuer: string,
): void {
  const { iss, aud, azp, exp, iat } = claims;
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (iss !== issuer) throw invalid('is of another issuer', 'iss');
  if (!audiences.includes(clientId)) throw invalid('is for another client', 'aud');
  if ((audiences.length > 1 || azp !== undefined) && azp !== clientId) throw invalid('is for another client', 'azp');
  if (typeof claims['sub'] !== 'string' || (former !== undefined && claims['sub'] !== former.sub)) {
    throw invalid('is about somebody else', 'sub');
  }
  if (typeof iat !== 'number' || iat < (former?.iat ?? 0) || (now !== undefined && iat * 1000 > now + toleranceMs)) {
    throw invalid('was not issued for this request', 'iat');
  }
  if (typeof exp !== 'number' || exp <= iat || (now !== undefined && exp * 1000 <= now - toleranceMs)) {
    throw invalid('expired', 'exp');
  }
  // By the issuer’s clock alone, and 15 minutes are what a login may take. Source: OpenID Connect Core 1.0 §3.1.3.7, rule 13.
  if (maxAge !== undefined && !(iat <= Number(claims['auth_time']) + Number(maxAge) + 900)) {
    throw invalid('is of a login too long ago', 'auth_time');
  }
  if (nonce !== undefined && claims['nonce'] !== nonce) throw invalid('belongs to another login', 'nonce');
}

async function isSigned(
  { subtle }: WebCrypto,
  key: Jwk,
  { name, hash, ...parameters }: AlgorithmOf,
  signed: string,
  signature: string,
): Promise<boolean> {
  try {
    const algorithm = { name, hash, ...parameters };
    const imported = await subtle.importKey('jwk', key as JsonWebKey, algorithm, false, ['verify']);
    return await subtle.verify(algorithm, imported, fromBase64url(signature), utf8(signed));
  } catch {
    return false;
  }
}

/** The JSON object in a part of a JWS; an empty one for what is none. */
function decoded(part: string): Members {
  try {
    return membersOf(new TextDecoder().decode(fromBase64url(part))) ?? {};
  } catch {
    return {};
  }
}

const invalid = (what: string, reason: string) =>
  new TesseraError('id_token_invalid', `The ID token ${what}`, { reason });

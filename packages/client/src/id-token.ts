import type { Members } from './answer.ts';
import { toBase64url, utf8 } from './base64url.ts';
import type { Discovery } from './discovery.ts';
import { TesseraError } from './errors.ts';
import { invalid, verified } from './jws.ts';
import type { IdTokenClaims, TokenSet } from './tokens.ts';
import type { WebCrypto } from './web-crypto.ts';

/** Required contents of an ID token. */
export interface ExpectedIdToken {
  readonly clientId: string;
  readonly accessToken: string;
  /** From the login; a refresh has none. */
  readonly nonce?: string | undefined;
  /** The requested `max_age`, in seconds. */
  readonly maxAge?: string | undefined;
  /** Claims of the login that is refreshed. Source: OpenID Connect Core 1.0 §12.2. */
  readonly former?: IdTokenClaims | undefined;
  /**
   * Milliseconds since 1970 by the issuer's clock. Undefined or NaN when its responses hide it (browsers hide `Date` from other
   * origins): the token is then no older than its nonce, or the token before it. So a device's clock never decides about a
   * login, even if it is off by hours.
   */
  readonly now: number | undefined;
}

/** Milliseconds that the response may have been under way. */
const toleranceMs = 60_000;

/** The tokens of a login or refresh, with the claims of their ID token. Throws `id_token_invalid`. */
export async function checkedTokens(
  tokens: TokenSet,
  { headers }: Response,
  expected: Omit<ExpectedIdToken, 'accessToken' | 'now'>,
  { discovery, crypto }: { readonly discovery: Discovery; readonly crypto: WebCrypto },
): Promise<TokenSet> {
  const { idToken, accessToken, scope } = tokens;
  if (!idToken) {
    // Source: OpenID Connect Core 1.0 §3.1.3.3.
    if (scope.includes('openid')) throw new TesseraError('id_token_invalid');
    return tokens;
  }
  const now = Date.parse(headers.get('date') ?? '');
  return { ...tokens, claims: await checkIdToken(idToken, { ...expected, accessToken, now }, discovery, crypto) };
}

/** The claims of an ID token that passes all checks, else throws `id_token_invalid`. Source: OpenID Connect Core 1.0 §3.1.3.7. */
export async function checkIdToken(
  idToken: string,
  expected: ExpectedIdToken,
  discovery: Discovery,
  crypto: WebCrypto,
): Promise<IdTokenClaims> {
  const { claims, hash: algorithm } = await verified(idToken, discovery, crypto);
  assertClaims(claims, expected, discovery.issuer);
  // Source: OpenID Connect Core 1.0 §3.1.3.6: the left half of the hash that belongs to the algorithm.
  const hash = await crypto.subtle.digest(algorithm, utf8(expected.accessToken));
  if (claims['at_hash'] !== undefined && claims['at_hash'] !== toBase64url(hash.slice(0, hash.byteLength / 2))) {
    throw invalid('at_hash');
  }
  return claims as IdTokenClaims;
}

function assertClaims(
  claims: Members,
  { clientId, nonce, maxAge, former, now = NaN }: ExpectedIdToken,
  issuer: string,
): void {
  const { iss, sub, aud, azp, exp, iat } = claims;
  // Every comparison with an unknown time is false.
  const audiences = [aud].flat();
  if (iss !== issuer) throw invalid('iss');
  if (!audiences.includes(clientId)) throw invalid('aud');
  if ((audiences.length > 1 || azp !== undefined) && azp !== clientId) throw invalid('azp');
  if (typeof sub !== 'string' || sub !== (former?.sub ?? sub)) throw invalid('sub');
  if (typeof iat !== 'number' || iat < (former?.iat ?? 0) || iat * 1000 > now + toleranceMs) {
    throw invalid('iat');
  }
  if (typeof exp !== 'number' || exp <= iat || exp * 1000 <= now - toleranceMs) {
    throw invalid('exp');
  }
  // By the issuer’s clock, and with the 15 minutes that a login may take. Source: OpenID Connect Core 1.0 §3.1.3.7, rule 13.
  if (maxAge !== undefined && !(iat <= Number(claims['auth_time']) + Number(maxAge) + 900)) {
    throw invalid('auth_time');
  }
  if (nonce !== undefined && claims['nonce'] !== nonce) throw invalid('nonce');
}

import type { Members } from './answer.ts';
import { TesseraError } from './errors.ts';

/** The claims of an ID token that was checked. Source: OpenID Connect Core 1.0 §2. */
export interface IdTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  /** Seconds since 1970. */
  readonly exp: number;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly nonce?: string;
  readonly sid?: string;
  readonly [claim: string]: unknown;
}

/** What a login or a refresh gave. */
export interface TokenSet {
  readonly accessToken: string;
  readonly tokenType: 'Bearer' | 'DPoP';
  /** Milliseconds since 1970, by the clock of this device. */
  readonly expiresAt: number;
  /** What was granted, which may be less than what was asked for. */
  readonly scope: readonly string[];
  readonly refreshToken?: string;
  readonly idToken?: string;
  /** Of the ID token. */
  readonly claims?: IdTokenClaims;
  /** The `state` of the login that it came of: no copy of that login, in a tab that was duplicated, is redeemed again. */
  readonly login?: string;
}

/**
 * A token response. `now` in milliseconds; `asked`: the scope that it answers, which is what was granted where the answer has
 * none. Throws `answer_invalid` where a member is missing. Source: RFC 6749 §5.1.
 */
export function tokenSetOf(answer: Members, now: number, asked = ''): TokenSet {
  const { access_token: accessToken, token_type: type, expires_in: lifetime, scope } = answer;
  const { refresh_token: refreshToken, id_token: idToken } = answer;
  const tokenType = (['Bearer', 'DPoP'] as const).find((each) => each.toLowerCase() === String(type).toLowerCase());
  if (typeof accessToken !== 'string' || accessToken === '' || tokenType === undefined) {
    throw new TesseraError('answer_invalid');
  }
  return {
    accessToken,
    tokenType,
    // Without expires_in the lifetime is not known: a token that is refused is refreshed then. Source: RFC 6749 §5.1.
    expiresAt: now + (typeof lifetime === 'number' ? lifetime : 300) * 1000,
    scope: String(scope ?? asked)
      .split(' ')
      .filter(Boolean),
    ...(typeof refreshToken === 'string' && { refreshToken }),
    ...(typeof idToken === 'string' && { idToken }),
  };
}

import type { Members } from './answer.ts';
import { TesseraError } from './errors.ts';

/** The verified claims of an ID token. Source: OpenID Connect Core 1.0 §2. */
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
  /** When the end-user authenticated; seconds since 1970. */
  readonly auth_time?: number;
  /** The class of the login: `phr` is one by passkey. */
  readonly acr?: string;
  /** How the end-user authenticated. Source: RFC 8176 §2. */
  readonly amr?: readonly string[];
  readonly azp?: string;
  readonly at_hash?: string;
  readonly [claim: string]: unknown;
}

/** Claims about the end-user. Source: OpenID Connect Core 1.0 §5.1, §5.3. */
export interface UserInfo {
  /** A user id, or the CAIP-10 id of an account. */
  readonly sub: string;
  readonly name?: string;
  readonly given_name?: string;
  readonly family_name?: string;
  readonly nickname?: string;
  readonly preferred_username?: string;
  readonly picture?: string;
  readonly locale?: string;
  /** Seconds since 1970. */
  readonly updated_at?: number;
  readonly email?: string;
  readonly email_verified?: boolean;
  /** The linked wallets, as CAIP-10 ids. */
  readonly accounts?: readonly string[];
  readonly [claim: string]: unknown;
}

/** The result of a login or refresh. */
export interface TokenSet {
  readonly accessToken: string;
  readonly tokenType: 'Bearer' | 'DPoP';
  /** Milliseconds since 1970, by this device's clock. */
  readonly expiresAt: number;
  /** The granted scope, which may be less than requested. */
  readonly scope: readonly string[];
  readonly refreshToken?: string;
  readonly idToken?: string;
  /** Claims of the ID token. */
  readonly claims?: IdTokenClaims;
  /** The `state` of its login: no copy of that login, in a duplicated tab, is redeemed again. */
  readonly login?: string;
}

/**
 * A token response. `now` in milliseconds; `asked`: the requested scope, which is granted if the response names none. Throws
 * `answer_invalid` when a member is missing. Source: RFC 6749 §5.1.
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
    // Without expires_in the lifetime is unknown: a refused token is then refreshed. Source: RFC 6749 §5.1.
    expiresAt: now + (typeof lifetime === 'number' ? lifetime : 300) * 1000,
    scope: String(scope ?? asked)
      .split(' ')
      .filter(Boolean),
    ...(typeof refreshToken === 'string' && { refreshToken }),
    ...(typeof idToken === 'string' && { idToken }),
  };
}

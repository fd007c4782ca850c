import { errors, type JWK, type JWTPayload, jwtVerify } from 'jose';
import type { Discovery } from '../discovery.ts';
import { TesseraError } from '../errors.ts';
import type { ResourceErrorReason } from './resource-error.ts';

/** The claims that are registered for access tokens. Times are in seconds since the epoch. Source: RFC 9068 §2.2. */
export interface AccessTokenClaims {
  iss: string;
  sub: string;
  aud: string | string[];
  exp: number;
  iat: number;
  jti: string;
  client_id: string;
  /** Separated by spaces. */
  scope?: string;
  auth_time?: number;
  acr?: string;
  /** How the end-user authenticated. Source: RFC 8176 §2. */
  amr?: string[];
  /** The key that the token is bound to. Source: RFC 9449 §6.1. */
  cnf?: { jkt: string };
}

/**
 * The contents of a verified access token. Times are in seconds since the epoch. `Claims`: what the issuer adds to the registered
 * claims; they are as signed, and not checked.
 */
export interface AccessToken<Claims extends object = JWTPayload> {
  /** The end-user; for a client's own token, the client. */
  readonly subject: string;
  readonly clientId: string;
  /** True when `subject` is the client itself and not an end-user, whatever their names. Source: RFC 9700 §4.15. */
  readonly actsForItself: boolean;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  /** When the end-user authenticated; undefined for a client's own token. Source: RFC 9068 §2.2.1. */
  readonly authTime: number | undefined;
  /** The authentication context class of the login: `phr` for a passkey. Source: RFC 9068 §2.2.1. */
  readonly acr: string | undefined;
  /** Thumbprint of the key that the token is bound to; undefined for a bearer token. Source: RFC 9449 §6.1. */
  readonly jkt: string | undefined;
  /** All signed claims. */
  readonly claims: AccessTokenClaims & Claims;
}

export interface AccessTokenRules {
  /** Discovery of the issuer. */
  readonly discovery: Discovery;
  /** The identifier of the API. */
  readonly audience: string;
  /** Seconds that clocks may differ. */
  readonly clockTolerance: number;
}

/** Why a text is no access token for this API. */
export class AccessTokenError extends Error {
  constructor(
    readonly reason: ResourceErrorReason,
    options?: ErrorOptions,
  ) {
    super(reason, options);
  }
}

/** Asymmetric algorithms only: a JWKS is public. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/**
 * Verifies signature, `typ`, issuer, audience and lifetime of a JWT access token. `now`: milliseconds since the epoch. Throws:
 * {@link AccessTokenError}. Source: RFC 9068 §4.
 */
export async function verifyAccessToken<Claims extends object>(
  token: string,
  rules: AccessTokenRules,
  now: number,
): Promise<AccessToken<Claims>> {
  const claims = await verifiedClaims<AccessTokenClaims & Claims>(token, rules, now);
  const { sub, client_id: clientId, exp, jti, scope, auth_time: authTime, acr } = claims;
  if ([sub, clientId, jti].some((each) => typeof each !== 'string') || typeof exp !== 'number') {
    throw new AccessTokenError('access_token_invalid');
  }
  return {
    subject: sub,
    clientId,
    actsForItself: sub === clientId,
    scopes: typeof scope === 'string' ? scope.split(' ').filter((each) => each !== '') : [],
    expiresAt: exp,
    authTime: typeof authTime === 'number' ? authTime : undefined,
    acr: typeof acr === 'string' ? acr : undefined,
    jkt: boundKey(claims),
    claims,
  };
}

async function verifiedClaims<Claims>(
  token: string,
  rules: AccessTokenRules,
  now: number,
): Promise<Claims & JWTPayload> {
  const { discovery, audience, clockTolerance } = rules;
  const keyOf = async ({ kid, alg }: { readonly kid?: string; readonly alg: string }): Promise<JWK> => {
    const key = await discovery.key(kid, alg);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key;
  };
  try {
    const { payload } = await jwtVerify<Claims>(token, keyOf, {
      typ: 'at+jwt',
      issuer: discovery.issuer,
      audience,
      algorithms,
      clockTolerance,
      currentDate: new Date(now),
      // Source: RFC 9068 §2.2.
      requiredClaims: ['exp', 'sub', 'client_id', 'iat', 'jti'],
    });
    return payload;
  } catch (error) {
    // Errors of jose about an invalid token quote its claims.
    throw error instanceof TesseraError
      ? new AccessTokenError('authorization_server_unavailable', { cause: error })
      : new AccessTokenError(error instanceof errors.JWTExpired ? 'access_token_expired' : 'access_token_invalid');
  }
}

/** An unknown confirmation must not count as none. Source: RFC 7800 §3.1, RFC 9449 §6.1. */
function boundKey({ cnf }: JWTPayload): string | undefined {
  if (cnf === undefined) return undefined;
  const jkt: unknown = Object(cnf)['jkt'];
  if (typeof jkt !== 'string') throw new AccessTokenError('access_token_invalid');
  return jkt;
}

import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
  type RemoteJWKSet,
} from 'jose';
import type { Fetch } from '../answer.ts';
import type { ResourceErrorReason } from './resource-error.ts';

/** What a verified access token says. Times are in seconds since the epoch. */
export interface AccessToken {
  /** Whose data it opens; of a client that acts for itself, the client. */
  readonly subject: string;
  readonly clientId: string;
  /** True where `subject` is the client, and no end-user whatever they are called. Source: RFC 9700 §4.15. */
  readonly actsForItself: boolean;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  /** The thumbprint of the key that the token is bound to; undefined for a bearer token. Source: RFC 9449 §6.1. */
  readonly jkt: string | undefined;
  /** Every claim, as it was signed. */
  readonly claims: JWTPayload;
}

export interface AccessTokenRules {
  readonly issuer: string;
  /** The identifier of the API. */
  readonly audience: string;
  readonly keys: JWTVerifyGetKey;
  /** Seconds by which clocks may differ. */
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

/** Asymmetric ones alone: a JWKS is public. */
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
 * Verifies signature, `typ`, issuer, audience and lifetime of a JWT access token. `now`: milliseconds since the epoch.
 * Throws: {@link AccessTokenError}. Source: RFC 9068 §4.
 */
export async function verifyAccessToken(token: string, rules: AccessTokenRules, now: number): Promise<AccessToken> {
  const claims = await verifiedClaims(token, rules, now);
  const { sub, client_id: clientId, exp, scope } = claims;
  if (typeof sub !== 'string' || typeof clientId !== 'string' || typeof exp !== 'number') {
    throw new AccessTokenError('access_token_invalid');
  }
  return {
    subject: sub,
    clientId,
    actsForItself: sub === clientId,
    scopes: typeof scope === 'string' ? scope.split(' ').filter((each) => each !== '') : [],
    expiresAt: exp,
    jkt: boundKey(claims),
    claims,
  };
}

async function verifiedClaims(token: string, rules: AccessTokenRules, now: number): Promise<JWTPayload> {
  const { issuer, audience, keys, clockTolerance } = rules;
  try {
    const { payload } = await jwtVerify(token, keys, {
      typ: 'at+jwt',
      issuer,
      audience,
      algorithms,
      clockTolerance,
      currentDate: new Date(now),
      // Source: RFC 9068 §2.2.
      requiredClaims: ['exp', 'sub', 'client_id', 'iat', 'jti'],
    });
    return payload;
  } catch (error) {
    // What jose tells of a token that is not valid quotes its claims.
    throw error instanceof KeysUnavailableError
      ? new AccessTokenError('authorization_server_unavailable', { cause: error.cause })
      : new AccessTokenError(error instanceof errors.JWTExpired ? 'access_token_expired' : 'access_token_invalid');
  }
}

/** A confirmation that is not understood must not be taken for none. Source: RFC 7800 §3.1, RFC 9449 §6.1. */
function boundKey({ cnf }: JWTPayload): string | undefined {
  if (cnf === undefined) return undefined;
  const jkt: unknown = Object(cnf)['jkt'];
  if (typeof jkt !== 'string') throw new AccessTokenError('access_token_invalid');
  return jkt;
}

/** That the keys of the issuer could not be had: not the token's fault. */
class KeysUnavailableError extends Error {}

/** Milliseconds after which the keys are fetched anew, and after which a fetch that failed is tried again. */
const keysAge = 600_000;
const retryAfter = 30_000;

/**
 * The keys of an issuer, cached: fetched when one is needed first, when a token names one that is not there (every 30 seconds
 * at most, whatever strangers send), and in the background when they are 10 minutes old, so that no request waits for the
 * issuer and none fails because it is away. `jwksUri` is asked until it succeeds. `now`: milliseconds since the epoch.
 */
export function remoteKeys(jwksUri: () => Promise<string>, fetchKeys: Fetch, now: () => number): JWTVerifyGetKey {
  let known: Promise<RemoteJWKSet> | undefined;
  let staleAt = 0;
  const discover = async () => {
    const url = new URL(await jwksUri());
    staleAt = now() + keysAge;
    return createRemoteJWKSet(url, { cacheMaxAge: Infinity, [customFetch]: (each, init) => fetchKeys(each, init) });
  };
  const current = async () => {
    known ??= discover().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    const keys = await known;
    if (now() >= staleAt) {
      staleAt = now() + keysAge;
      keys.reload().catch(() => {
        staleAt = now() + retryAfter;
      });
    }
    return keys;
  };
  return async (header, token) => {
    try {
      return await (
        await current()
      )(header, token);
    } catch (error) {
      if (isOfToken(error)) throw error;
      throw new KeysUnavailableError('the keys of the issuer are not to be had', { cause: error });
    }
  };
}

/** That there are keys, but none for this token. */
function isOfToken(error: unknown): boolean {
  return [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported].some(
    (each) => error instanceof each,
  );
}

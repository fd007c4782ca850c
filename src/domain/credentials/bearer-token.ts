import { hashSecret, secretsEqual } from './secret';

/** The bearer token in the header `Authorization`; undefined without one. Source: RFC 6750 §2.1. */
export function bearerTokenIn(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

/** True when the header `Authorization` carries this token, compared in constant time. Source: RFC 6750 §2.1. */
export function showsToken(authorization: string | undefined, token: string): boolean {
  return isToken(bearerTokenIn(authorization) ?? '', token);
}

/** True when the two are equal, compared in constant time. */
export function isToken(shown: string, token: string): boolean {
  // Hashed first, so that the time does not reveal even the token's length.
  return secretsEqual(hashSecret(shown), hashSecret(token));
}

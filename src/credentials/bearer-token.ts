import { hashSecret, secretsEqual } from './secret';

/** True when the header `Authorization` shows this token, compared in constant time. Source: RFC 6750 §2.1. */
export function showsToken(authorization: string | undefined, token: string): boolean {
  const [, shown = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  return isToken(shown, token);
}

/** True when the two are equal, compared in constant time. */
export function isToken(shown: string, token: string): boolean {
  // Hashed first, so that not even the length of the token is told by the time.
  return secretsEqual(hashSecret(shown), hashSecret(token));
}

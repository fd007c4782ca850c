import { hashSecret, secretsEqual } from './secret';

/** BASE64URL(SHA-256(codeVerifier)). Source: RFC 7636 §4.2. */
export function s256(codeVerifier: string): string {
  return hashSecret(codeVerifier);
}

/** True when S256(codeVerifier) equals codeChallenge, compared in constant time. Source: RFC 7636 §4.6. */
export function verifierMatches(codeVerifier: string, codeChallenge: string): boolean {
  return secretsEqual(s256(codeVerifier), codeChallenge);
}

/** 43 to 128 unreserved characters. Source: RFC 7636 §4.1. */
export const codeVerifierPattern = /^[\w.~-]{43,128}$/;

/** The base64url of a SHA-256: 43 characters, of which the last carries four bits. Source: RFC 7636 §4.2. */
export const codeChallengePattern = /^[\w-]{43}$/;

export function isCodeVerifier(value: string): boolean {
  return codeVerifierPattern.test(value);
}

export function isCodeChallenge(value: string): boolean {
  return codeChallengePattern.test(value);
}

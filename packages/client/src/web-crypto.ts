import { toBase64url, utf8 } from './base64url.ts';

/** The used part of WebCrypto: the platform's, or a custom one (React Native has none of its own). */
export type WebCrypto = Pick<Crypto, 'getRandomValues' | 'subtle'>;

/** By default 256 bits in 43 characters, as RFC 7636 §4.1 recommends for a `code_verifier`. */
export function newSecret(crypto: WebCrypto, bytes = 32): string {
  return toBase64url(crypto.getRandomValues(new Uint8Array(bytes)));
}

/** The S256 `code_challenge` of a verifier, or the `ath` of a token. Source: RFC 7636 §4.2; RFC 9449 §4.2. */
export async function s256(crypto: WebCrypto, text: string): Promise<string> {
  return toBase64url(await crypto.subtle.digest('SHA-256', utf8(text)));
}

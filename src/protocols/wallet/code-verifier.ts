import { isCodeVerifier, verifierMatches } from '../../domain/credentials/pkce';
import { WalletError } from './wallet-error';

/**
 * Both models at once: a challenge with a `codeChallenge` needs its `codeVerifier` beside the signature. Throws: {@link
 * WalletError} `code_verifier_required` or `code_verifier_mismatch`. Source: RFC 7636 §4.6.
 */
export function assertVerifier(codeChallenge: string | undefined, codeVerifier: string | undefined): void {
  if (verifierProves(codeChallenge, codeVerifier)) return;
  throw new WalletError(codeVerifier === undefined ? 'code_verifier_required' : 'code_verifier_mismatch');
}

/**
 * True also when neither is given. A verifier alone is refused: an attacker has removed the codeChallenge. Source: RFC 9700
 * §4.8.2.
 */
export function verifierProves(codeChallenge: string | undefined, codeVerifier: string | undefined): boolean {
  if (codeChallenge === undefined || codeVerifier === undefined) return codeChallenge === codeVerifier;
  return isCodeVerifier(codeVerifier) && verifierMatches(codeVerifier, codeChallenge);
}

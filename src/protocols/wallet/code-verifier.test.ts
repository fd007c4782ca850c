import { describe, expect, it } from '@jest/globals';
import { assertVerifier, verifierProves } from './code-verifier';

/** Source: RFC 7636, appendix B. */
const [verifier, challenge] = [
  'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
];

describe('the verifier beside a signature', () => {
  it.each([
    [undefined, undefined],
    [challenge, verifier],
  ])('given the codeChallenge %s and the codeVerifier %s, when they are compared, then they agree', (given, shown) => {
    expect(verifierProves(given, shown)).toBe(true);
    expect(() => assertVerifier(given, shown)).not.toThrow();
  });

  it.each([
    [challenge, undefined, 'code_verifier_required'],
    [challenge, '', 'code_verifier_mismatch'],
    [challenge, challenge, 'code_verifier_mismatch'],
    [challenge, `${verifier}~`, 'code_verifier_mismatch'],
    [undefined, verifier, 'code_verifier_mismatch'],
    [undefined, '', 'code_verifier_mismatch'],
    // S256 of a text that is too short to be a verifier.
    ['ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0', 'abc', 'code_verifier_mismatch'],
  ])('given the codeChallenge %s and the codeVerifier %s, when they meet, then it is %s', (given, shown, reason) => {
    expect(verifierProves(given, shown)).toBe(false);
    expect(() => assertVerifier(given, shown)).toThrow(expect.objectContaining({ reason }));
  });
});

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isCodeChallenge, isCodeVerifier, s256, verifierMatches } from './pkce';

const verifier = fc.stringMatching(/^[\w.~-]{43,128}$/);

describe('PKCE', () => {
  it('given the verifier of RFC 7636 appendix B, when it is hashed, then it is the challenge there', () => {
    expect(s256('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
  });

  it('given any verifier, when it is hashed, then it is a challenge that it alone matches', () => {
    fc.assert(
      fc.property(verifier, verifier, (mine, other) => {
        const challenge = s256(mine);

        expect(isCodeChallenge(challenge)).toBe(true);
        expect(verifierMatches(mine, challenge)).toBe(true);
        expect(verifierMatches(other, challenge)).toBe(other === mine);
        expect(verifierMatches(mine, mine)).toBe(false);
      }),
    );
  });

  it.each([
    ['43 characters', 'a'.repeat(43), true],
    ['128 characters', '~'.repeat(128), true],
    ['every unreserved character', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~', true],
    ['42 characters', 'a'.repeat(42), false],
    ['129 characters', 'a'.repeat(129), false],
    ['a plus', `+${'a'.repeat(43)}`, false],
    ['a padding', `${'a'.repeat(43)}=`, false],
    ['a line feed at the end', `${'a'.repeat(43)}\n`, false],
    ['a letter that is not ASCII', `é${'a'.repeat(43)}`, false],
    ['nothing', '', false],
  ])('given %s, when it is read as a verifier, then it is told whether it is one', (_case, value, expected) => {
    expect(isCodeVerifier(value)).toBe(expected);
  });
});

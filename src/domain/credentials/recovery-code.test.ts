import { describe, expect, it } from '@jest/globals';
import { newRecoveryCode, readRecoveryCode } from './recovery-code';

describe('a recovery code', () => {
  it('given 1,000 codes, then each is 16 characters of base32, none is there twice, and every character occurs', () => {
    const codes = Array.from({ length: 1000 }, newRecoveryCode);

    for (const code of codes) expect(code).toMatch(/^[A-Z2-7]{16}$/);
    expect(new Set(codes).size).toBe(1000);
    expect(new Set(codes.join('')).size).toBe(32);
  });

  it.each([
    ['as it was made', 'ABCDEFGHIJKLM234'],
    ['in lower case', 'abcdefghijklm234'],
    ['with blanks and hyphens', ' abcd-efgh\tijkl – M234\n'],
  ])('given a code %s, when it is read, then it is that code', (_case, typed) => {
    expect(readRecoveryCode(typed)).toBe('ABCDEFGHIJKLM234');
  });

  it.each(['', 'ABCDEFGHIJKLM23', 'ABCDEFGHIJKLM2345', 'ABCDEFGHIJKLM231', 'ABCDEFGHIJKLM23é', 'ABCDEFGH.JKLM234'])(
    'given %j, when it is read, then it is none',
    (typed) => {
      expect(readRecoveryCode(typed)).toBeUndefined();
    },
  );
});

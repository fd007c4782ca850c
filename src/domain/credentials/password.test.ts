import { describe, expect, it } from '@jest/globals';
import { hashPassword, passwordMatches } from './password';

describe('a password', () => {
  it('given its hash, when it is compared, then it matches', async () => {
    expect(await passwordMatches(await hashPassword('password0'), 'password0')).toBe(true);
  });

  it('given the hash of another, when it is compared, then it does not match', async () => {
    expect(await passwordMatches(await hashPassword('password0'), 'password1')).toBe(false);
  });

  it('given no hash, when any is compared, then none matches', async () => {
    expect(await passwordMatches(undefined, 'password0')).toBe(false);
    expect(await passwordMatches(undefined, '')).toBe(false);
  });
});

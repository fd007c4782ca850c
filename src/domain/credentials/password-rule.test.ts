import { describe, expect, it } from '@jest/globals';
import { isFitPassword } from './password-rule';

describe('isFitPassword', () => {
  it.each([
    ['8 characters', 'xk4%aQ9z'],
    ['200 characters', 'xk4%'.repeat(50)],
    ['8 characters of two UTF-16 units each', '🦊🐻🐼🐨🐯🦁🐮🐷'],
    ['words', 'correct horse battery'],
  ])('given %s, then it is fit', async (_case, password) => {
    expect(await isFitPassword(password)).toBe(true);
  });

  it.each([
    ['no character', ''],
    ['7 characters', 'xk4%aQ9'],
    ['7 characters of two UTF-16 units each', '🦊🐻🐼🐨🐯🦁🐮'],
    ['201 characters', `${'xk4%'.repeat(50)}z`],
    ['half a character', 'xk4%aQ9z\ud800'],
    ['the most common of 8 characters', 'password'],
    ['a common one in capitals', 'QwertyUIOP'],
    ['the last of the 10,000', '24081990'],
  ])('given %s, then it is unfit', async (_case, password) => {
    expect(await isFitPassword(password)).toBe(false);
  });

  it('given one that is rarer than the 10,000 most common, then it is fit', async () => {
    expect(await isFitPassword('25021984')).toBe(true);
  });
});

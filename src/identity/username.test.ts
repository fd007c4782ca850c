import { describe, expect, it } from '@jest/globals';
import { canonicalUsername, isUsername } from './username';

describe('usernames', () => {
  it.each(['a', 'Ünï code', 'user0', 'anna@example.com', 'x'.repeat(200), '日本'])(
    'given %j, when it is checked, then a user may have it',
    (name) => {
      expect(isUsername(name)).toBe(true);
    },
  );

  it.each(['', ' ', ' a', 'a ', 'a\u0000', 'a\nb', 'a\u200bb', '\u202ea', '\ud800', 'x'.repeat(201)])(
    'given %j, when it is checked, then no user may',
    (name) => {
      expect(isUsername(name)).toBe(false);
    },
  );

  it('given spellings of one name, when they are folded, then they are the same, and another is not', () => {
    expect(['ANNA', 'anna', 'Anna', 'ａｎｎａ'].map(canonicalUsername)).toEqual(['anna', 'anna', 'anna', 'anna']);
    expect(canonicalUsername('a\u0308nna')).toBe(canonicalUsername('\u00c4nna'));
    expect(canonicalUsername('anne')).not.toBe('anna');
  });
});

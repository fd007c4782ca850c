import { describe, expect, it } from '@jest/globals';
import { canonicalUsername, isUsername, typedUsername } from './username';

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

  it.each(['anna ', ' anna', '\tanna\n', '\u00a0anna\u3000', '\ufeffanna'])(
    'given %j as it was typed, when it is read, then the blanks around it are gone',
    (text) => {
      expect(typedUsername(text)).toBe('anna');
    },
  );

  it('given a name with blanks inside, or one that folds into some at its ends, when it is read, then it stays as it is', () => {
    for (const name of ['Anna  B', '\u00b4anna']) expect(typedUsername(name)).toBe(name);
  });
});

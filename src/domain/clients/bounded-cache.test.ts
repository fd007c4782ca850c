import { describe, expect, it } from '@jest/globals';
import { BoundedCache, bytesOf } from './bounded-cache';

describe('a cache that is bounded', () => {
  it('given more entries than it may have, when another is kept, then the oldest is forgotten', () => {
    const cache = new BoundedCache<number>({ entries: 2, bytes: 100 });
    for (const [at, key] of ['a', 'b', 'a', 'c'].entries()) cache.set(key, at, 1);

    expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([2, undefined, 3]);
  });

  it('given more bytes than it may have, when another is kept, then so many of the oldest are forgotten that it fits', () => {
    const cache = new BoundedCache<number>({ entries: 10, bytes: 100 });
    for (const [at, key] of ['a', 'b', 'c'].entries()) cache.set(key, at, 30);

    cache.set('d', 3, 60);

    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual([undefined, undefined, 2, 3]);
  });

  it('given bytes that were forgotten or replaced, when others are kept, then they count no more', () => {
    const cache = new BoundedCache<number>({ entries: 10, bytes: 100 });
    cache.set('a', 0, 90);
    cache.set('a', 1, 10);
    cache.set('b', 2, 90);
    cache.delete('b');
    cache.delete('b');
    cache.set('c', 3, 90);

    expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([1, undefined, 3]);
  });

  it('given what does not fit alone, when it is kept, then it is not', () => {
    const cache = new BoundedCache<number>({ entries: 10, bytes: 100 });

    cache.set('a', 0, 101);

    expect(cache.get('a')).toBeUndefined();
  });
});

describe('what a value takes', () => {
  it.each([
    ['a text', 'a'.repeat(10_000), 10_000],
    ['a list of objects', Array.from({ length: 1_000 }, () => ({})), 56_000],
    ['a list of numbers', Array.from({ length: 1_000 }, (_, at) => at), 8_000],
  ])('given %s, then it is counted with no less than it takes', (_what, value, atLeast) => {
    expect(bytesOf(value)).toBeGreaterThanOrEqual(atLeast);
  });
});

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { freshness } from './cache-control';

describe('freshness', () => {
  it.each([
    [undefined, 300],
    ['', 300],
    ['public', 300],
    ['max-age=60', 60],
    ['Public, Max-Age=60', 60],
    ['max-age="60"', 60],
    ['max-age=60, max-age=10', 10],
    ['max-age=999999999999999999999', 1_000],
    ['max-age=-1', 300],
    ['max-age=0', 0],
    ['no-store', 0],
    ['max-age=60, no-cache', 0],
    ['no-cache="set-cookie", max-age=60', 0],
    ['s-maxage=5', 300],
  ])('given Cache-Control: %s, when it is read, then it is good for %d s', (cacheControl, seconds) => {
    expect(freshness(cacheControl, 1_000)).toBe(seconds);
  });

  it('given any text, when it is read, then it is good for no less than nothing and no more than may be', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(100_000), (text, atMost) => {
        const seconds = freshness(text, atMost);

        expect(seconds >= 0 && seconds <= atMost).toBe(true);
      }),
    );
  });
});

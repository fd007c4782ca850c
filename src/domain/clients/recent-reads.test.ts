import { beforeEach, describe, expect, it } from '@jest/globals';
import type { NowOrLater } from './client-store';
import { RecentReads } from './recent-reads';

describe('recent reads', () => {
  let stored: Map<string, string>;
  let reads: string[];
  let recent: RecentReads<string>;
  let get: (key: string, now: number) => NowOrLater<string | undefined>;

  beforeEach(() => {
    stored = new Map([
      ['a', 'A'],
      ['b', 'B'],
      ['c', 'C'],
    ]);
    reads = [];
    const read = async (key: string) => {
      reads.push(key);
      // Returns the value at the time of the call.
      const value = stored.get(key);
      if (value === 'broken') throw new Error('broken');
      return value;
    };
    recent = new RecentReads(5_000, 2);
    get = (key, now) => recent.get(key, now, () => read(key));
  });

  it('given what was read, when it is asked for within its age, then it is there at once, without a promise', async () => {
    const first = await get('a', 1_000);

    expect(first).toBe('A');
    expect(get('a', 5_999)).toBe('A');
    expect(reads).toEqual(['a']);
  });

  it.each([6_000, 1_000_000, 999])(
    'given what was read at 1000, when it is asked for at %i, then it is read again',
    async (now) => {
      await get('a', 1_000);
      stored.set('a', 'new');

      expect(await get('a', now)).toBe('new');
    },
  );

  it('given 100 who ask at once, when it is read, then one read answers all', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => get('a', 0)));

    expect(new Set(answers)).toEqual(new Set(['A']));
    expect(reads).toEqual(['a']);
  });

  it('given what does not exist, when it is asked for again, then it is read again, and found as soon as it is there', async () => {
    const before = await get('d', 0);
    stored.set('d', 'D');

    expect(before).toBeUndefined();
    expect(await get('d', 0)).toBe('D');
  });

  it('given a read that fails, when it is asked for again, then it is read again', async () => {
    stored.set('a', 'broken');
    const failed = await Promise.allSettled([get('a', 0), get('a', 0)]);
    stored.set('a', 'A');

    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await get('a', 0)).toBe('A');
    expect(reads).toEqual(['a', 'a']);
  });

  it('given a read under way, when its key is forgotten, then who asks next reads anew, and the old answer is not kept', async () => {
    const old = get('a', 0);
    stored.set('a', 'new');
    recent.forget('a');

    const next = get('a', 0);

    expect(await Promise.all([old, next])).toEqual(['A', 'new']);
    expect(get('a', 0)).toBe('new');
  });

  it('given what was kept, when one or all are forgotten, then these are read again', async () => {
    await get('a', 0);
    await get('b', 0);

    recent.forget('a');
    const kept = get('b', 0);
    recent.forgetAll();
    const again = get('b', 0);

    expect(kept).toBe('B');
    expect(again).toBeInstanceOf(Promise);
    await again;
  });

  it('given more than it may hold, when another is read, then the oldest is forgotten, and a renewed one is not the oldest', async () => {
    await get('a', 0);
    await get('b', 1);
    await get('a', 5_000);

    await get('c', 5_000);

    expect(get('a', 5_000)).toBe('A');
    expect(get('c', 5_000)).toBe('C');
    expect(get('b', 5_000)).toBeInstanceOf(Promise);
  });

  it('given more bytes than it may hold, when another is read, then the oldest is forgotten', async () => {
    recent = new RecentReads(5_000, 10, (value) => value.length, 2);
    for (const key of ['a', 'b', 'c']) await get(key, 0);

    expect([get('c', 0), get('b', 0)]).toEqual(['C', 'B']);
    expect(get('a', 0)).toBeInstanceOf(Promise);
  });

  it('given what is too old to be taken again, when another is read, then it takes no room', async () => {
    recent = new RecentReads(5_000, 10);
    await get('a', 0);
    await get('b', 5_000);

    // At a time when the cached value would still be valid.
    expect(get('a', 4_999)).toBeInstanceOf(Promise);
    expect(get('b', 5_000)).toBe('B');
  });
});

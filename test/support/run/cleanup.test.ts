import { describe, expect, it } from '@jest/globals';
import { Cleanup } from './cleanup';

describe('what is cleaned up', () => {
  it('given three things that were started, when it is run, then they end in the reverse order, and once', async () => {
    const ended: number[] = [];
    const cleanup = new Cleanup();
    for (const each of [1, 2, 3]) cleanup.add(() => ended.push(each));

    await cleanup.run();
    await cleanup.run();

    expect(ended).toEqual([3, 2, 1]);
  });

  it('given one that fails, when it is run, then the others end all the same, and it says so', async () => {
    const ended: number[] = [];
    const cleanup = new Cleanup();
    cleanup.add(() => ended.push(1));
    cleanup.add(async () => Promise.reject(new Error('it does not end')));
    cleanup.add(() => ended.push(3));

    await expect(cleanup.run()).rejects.toThrow('it does not end');

    expect(ended).toEqual([3, 1]);
  });
});

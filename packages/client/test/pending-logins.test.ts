import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { memoryStorage } from '../src/index.ts';
import { processLocks } from '../src/locks.ts';
import { PendingLogins } from '../src/pending-logins.ts';

const locked = <Result>(work: () => Promise<Result>) => processLocks.request('logins', work);

describe('the logins that are under way', () => {
  it('given a storage that takes its time, when two begin at once, then both can be finished', async () => {
    const memory = memoryStorage();
    const storage = {
      ...memory,
      get: async (key: string) => {
        const found = await memory.get(key);
        await delay(5);
        return found;
      },
    };
    const logins = new PendingLogins('logins', { storage, now: Date.now, locked });
    const login = {
      codeVerifier: 'v',
      redirectUri: 'http://127.0.0.1/',
      scope: 'openid',
      begunAt: Date.now(),
      data: 'mine',
    };

    await Promise.all(['one', 'other'].map((state) => logins.add(state, login)));

    expect([await logins.take('one'), await logins.take('other')]).toEqual([login, login]);
  });
});

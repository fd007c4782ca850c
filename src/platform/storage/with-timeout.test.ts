import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { withTimeout, storeTimeoutMs } from './with-timeout';
import { StoreUnavailableError } from './store-unavailable.error';

/** Milliseconds after its deadline at which a hanging operation is rejected. */
async function lateness(): Promise<number> {
  const begun = performance.now();
  const never = new Promise<never>(() => {});
  await expect(withTimeout(never)).rejects.toBeInstanceOf(StoreUnavailableError);
  return performance.now() - begun - storeTimeoutMs;
}

describe('the deadline of an operation', () => {
  it('given an operation that answers, when it is waited for, then its result or its error comes as it is', async () => {
    const refusal = new Error('refused');

    const outcomes = await Promise.allSettled([withTimeout(Promise.resolve(1)), withTimeout(Promise.reject(refusal))]);

    expect(outcomes).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: refusal },
    ]);
  });

  it('given operations that began one after the other and never end, when time passes, then each is given up at its own deadline', async () => {
    const first = lateness();
    // The second one must begin later.
    await delay(300);
    const answered = withTimeout(Promise.resolve('in between'));
    const second = lateness();
    const late = await Promise.all([first, second]);

    expect(await answered).toBe('in between');
    for (const each of late) {
      expect(each).toBeGreaterThanOrEqual(0);
      expect(each).toBeLessThan(250);
    }
  });

  it('given an operation that answers after it was given up, when it does, then nobody hears of it', async () => {
    const late = new EventEmitter();

    const given = withTimeout(once(late, 'answer'));
    await expect(given).rejects.toBeInstanceOf(StoreUnavailableError);
    late.emit('answer');

    await expect(given).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});

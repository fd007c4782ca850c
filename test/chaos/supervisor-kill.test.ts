import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { startServiceProcess } from '../support/service-process';
import { emptyStore, storesUnderTest } from '../support/stores';
import { challengeFor, newAccount, post } from '../support/wallet';

const rounds = 2;
const clients = 12;

describe.each(storesUnderTest)('kill -9 of the supervisor on %s', (name) => {
  it('given workers that write, when their supervisor is killed, then none outlives it and the next start serves', async () => {
    const store = emptyStore(name);
    let service = await startServiceProcess({ ...store.env, WORKERS: '4' });
    const signIn = async () => {
      const account = newAccount();
      const { nonce, message } = await challengeFor(service, account);
      return post(service, '/wallet/verify', { nonce, signature: await account.signMessage({ message }) });
    };
    for (let round = 0; round < rounds; round += 1) {
      const load = Promise.all(
        Array.from({ length: clients }, async () => {
          for (;;) {
            const answer = await signIn().catch(() => undefined);
            if (answer === undefined) return;
          }
        }),
      );
      await delay(300 + Math.random() * 300);

      // Resolves when the outputs are closed, which every worker holds open.
      await service.kill();
      await load;
      service = await startServiceProcess(service.env);
    }
    const { status } = await signIn();
    await service.stop();
    await store.remove();

    expect(status).toBe(200);
    // Fifteen processes are started one after another or at once, each of which loads the whole service.
  }, 180_000);
});

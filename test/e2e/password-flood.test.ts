import { describe, expect, it } from '@jest/globals';
import { admin, adminToken } from '../support/operations/admin';
import { openLoginPage } from '../support/clients/login-page';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { startServiceProcess } from '../support/service/service-process';
import { emptyStore } from '../support/stores/stores';
import { me, newAccount, signIn } from '../support/clients/wallet';

/** A page's form, sent with a wrong password whenever it is called. */
async function guesser(url: string): Promise<() => Promise<Response>> {
  const { browser, hidden } = await openLoginPage(url);
  return () => browser.postForm('/login', { ...hidden, username: 'user0', password: 'wrong' });
}

/** 300 at once; resolves when the first refusal tells that the queue is full. */
async function fullQueue(guess: () => Promise<Response>): Promise<readonly Promise<Response>[]> {
  const flood = Array.from({ length: 300 }, guess);
  await Promise.any(flood.map(async (each) => ((await each).status === 429 ? undefined : Promise.reject(each))));
  return flood;
}

describe('wrong passwords by the hundred', () => {
  const service = fixture(startService);

  it('given 300 at once, when others ask meanwhile, then they are answered before the flood is over, and what is too much is 429', async () => {
    const guess = await guesser(service.url);
    const { answer } = await signIn(service, newAccount());
    let checked = 0;
    const flood = await fullQueue(async () => {
      const response = await guess();
      if (response.status === 401) checked += 1;
      return response;
    });
    const before = checked;

    const others = await Promise.all([me(service, answer), fetch(`${service.url}/health/ready`)]);
    const meanwhile = checked - before;
    const answers = await Promise.all(flood);

    expect(others.map(({ status }) => status)).toEqual([200, 200]);
    const refused = answers.filter(({ status }) => status === 429);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect(refused.every(({ headers }) => Number(headers.get('retry-after')) > 0)).toBe(true);
    // On libuv's pool they would wait for nearly all of them: a signature is verified there, and a file read.
    expect(meanwhile).toBeLessThan((answers.length - refused.length) / 2);
  });
});

describe('a queue of passwords that is full', () => {
  it('given an administrator, when a user is added meanwhile, then it is 429 with seconds to wait, and later it goes', async () => {
    const service = await startService('lmdb', { ADMIN_TOKEN: adminToken });
    const guess = await guesser(service.url);
    const flood = await fullQueue(guess);
    const add = (username: string) => admin(service, 'POST', '/users', { username, password: 'a long password' });

    const during = await Promise.all(Array.from({ length: 100 }, (_, index) => add(`user-${index}`)));
    await Promise.all(flood);
    const later = await add('another');
    await service.stop();

    const refused = during.filter(({ status }) => status !== 201);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, headers, body } of refused) {
      expect([status, body['error']]).toEqual([429, 'temporarily_unavailable']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(later.status).toBe(201);
  });
});

describe('the end of a service that hashes passwords', () => {
  it('given passwords that are being hashed, when it is asked to end, then it ends with 0', async () => {
    const store = emptyStore('lmdb');
    const service = await startServiceProcess(store.env);
    const guess = await guesser(service.url);
    const flood = Array.from({ length: 20 }, () =>
      guess().then(
        ({ status }) => status,
        () => 'cut off',
      ),
    );
    await Promise.any(flood);

    const status = await service.stop();
    await Promise.all(flood);
    await store.remove();

    expect(status).toBe(0);
  });
});

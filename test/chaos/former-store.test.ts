import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { FormerRecords } from '../../src/domain/challenges/former-records';
import { SigningKeyStore } from '../../src/domain/tokens/signing-key-store';
import {
  type FormerStore,
  formerStore,
  grantsIn,
  issuedNow,
  movableIn,
  multiplied,
  restore,
} from '../support/former-store';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { openStores } from '../support/open-stores';
import { askWith, type Reachable, redeem, refresh } from '../support/pkce-login';
import { endedService, startServiceProcess } from '../support/service-process';
import { contentsOf } from '../support/store-contents';
import { emptyStore, storesUnderTest, type TestStore } from '../support/stores';
import { startTypeScript } from '../support/ts-process';
import { restoreBefore, storeBefore } from '../support/version-before';
import { challengeFor, newAccount, post } from '../support/wallet';

/** So many that the migration takes long enough to be killed in it, and to be seen by those who start meanwhile. */
const copies = { lmdb: 250, mongodb: 10 };

describe.each(storesUnderTest)('a store of version 0.1 on %s', (name) => {
  async function restored(former: FormerStore): Promise<TestStore> {
    const store = emptyStore(name);
    await restore(name, store, former.tables);
    return store;
  }

  function large(): FormerStore {
    const { tables, ...rest } = formerStore(name);
    return { ...rest, tables: multiplied(tables, copies[name]) };
  }

  it('given a migration that is killed again and again, when it comes to its end, then it is as if it had not been', async () => {
    const former = large();
    const [whole, killed] = [await restored(former), await restored(former)];
    let kills = 0;
    for (let hasEnded = false; !hasEnded;) {
      const contender = startTypeScript('test/support/contender.ts', [], killed.env);
      await contender.message();
      contender.child.send({ name: 'migrate' });
      const ended = contender.message().then(
        () => true,
        () => false,
      );
      // A random moment of its work, which doubles, so that the end is near on a slow machine too.
      hasEnded = await Promise.race([ended, delay(randomInt(20, 80) * 2 ** kills, false)]);
      if (!hasEnded) kills += 1;
      await contender.kill();
    }
    const [expected, actual] = [await openStores(whole), await openStores(killed)];
    await expected.get(FormerRecords).migrate(Date.now());
    const [right, found] = [await grantsIn(expected, name), await grantsIn(actual, name)];
    const again = await actual.get(FormerRecords).migrate(Date.now());
    for (const stores of [expected, actual]) await stores.close();
    for (const store of [whole, killed]) await store.remove();

    expect(kills).toBeGreaterThan(0);
    expect(found).toEqual(right);
    expect(again).toBe(0);
  });

  it.each([
    ['four workers', [4]],
    ['two services', [1, 1]],
  ])(
    'given %s that start at once, when the first of them serves, then all logins go on, in all of them',
    async (_which, starts) => {
      const former = large();
      const store = await restored(former);
      const { liveCode, liveChallenge, offline, rotatedTwice, reused, plain } = former.logins;
      const issuer = `http://localhost:${await freePort()}`;
      const env = { ...store.env, ISSUER: issuer };

      const starting = starts.map((workers) => startServiceProcess({ ...env, WORKERS: String(workers) }));
      const first = await Promise.race(starting);
      // While others may still be moving what was there.
      const next = await refreshed(first, offline.refreshTokens[0]);
      const code = await redeem(first, liveCode);
      const services = await Promise.all(starting);
      const last = services.find((service) => service !== first) ?? first;
      const challenge = await post(last, '/wallet/verify', liveChallenge);
      const after = await refreshed(last, next.body['refresh_token']);
      const lost = await refreshed(first, rotatedTwice.refreshTokens[2]);
      const revoked = await refreshed(last, reused.refreshTokens[2]);
      const alive = await askWith(last, await issuedNow(plain.accessTokens[0] ?? '', former, issuer));
      const codeAgain = await redeem(last, liveCode);
      // A worker that is told to end before it serves says no more how many it has moved.
      const moved = () => movedBy(services.map(({ output }) => output()).join(''));
      await eventually(async () => moved() >= movableIn(former.tables), { withinMs: 30_000 }).catch(() => {});
      for (const service of services) await service.stop();
      const stores = await openStores(store);
      const again = await stores.get(FormerRecords).migrate(Date.now());
      await stores.close();
      await store.remove();

      expect([next, code, challenge, after, lost, alive].map(({ status }) => status)).toEqual(Array(6).fill(200));
      expect(revoked.body['reason']).toBe('refresh_token_revoked');
      expect(codeAgain.body['reason']).toBe('code_used');
      expect(moved()).toBeGreaterThanOrEqual(movableIn(former.tables));
      expect(again).toBe(0);
    },
  );
});

describe.each(storesUnderTest)('a production store of the version before, on %s', (name) => {
  const settings = { NODE_ENV: 'production', ISSUER: 'https://auth.example', SIGNING_ALG: 'ES256', RATE_LIMIT: 'off' };

  it('given several processes that start at once, when they serve, then its keys are the same, encrypted, and it is of production', async () => {
    const store = emptyStore(name);
    const before = storeBefore(name);
    await restoreBefore(name, store, before);
    const kids = before.tables['signing_keys']?.map(({ value }) => String(value['kid'])).toSorted() ?? [];
    const written = await contentsOf(name, store);
    const development = await endedService(store.env);
    const afterRefusal = await contentsOf(name, store);

    // One alone, and two that a supervisor starts.
    const services = await Promise.all(
      ['1', '2'].map((workers) => startServiceProcess({ ...store.env, ...settings, WORKERS: workers })),
    );
    const answers = await Promise.all(services.map((service) => signIn(service)));
    const goneOn = await Promise.all(
      services.map((service) => refresh(service, before.logins.offline.refreshTokens[0], { client_id: 'spa' })),
    );
    const published = await Promise.all(services.map((service) => publishedKids(service)));
    for (const service of services) await service.stop();
    const again = await endedService(store.env);
    const stores = await openStores(store, settings);
    const kept = await stores.get(SigningKeyStore).list();
    await stores.close();
    await store.remove();

    expect([development.status, again.status]).toEqual([78, 78]);
    expect(afterRefusal).toBe(written);
    expect(answers).toEqual([200, 200]);
    expect(goneOn.map(({ status }) => status)).toEqual([200, 200]);
    expect(kids).toHaveLength(2);
    expect(published).toEqual([kids, kids]);
    expect(kept.map(({ kid, privateJwk }) => [kid, typeof privateJwk]).toSorted()).toEqual(
      kids.map((kid) => [kid, 'string']),
    );
  });
});

async function signIn(service: Reachable): Promise<number> {
  const account = newAccount();
  const { nonce, message } = await challengeFor(service, account, { clientId: 'dapp' });
  return (await post(service, '/wallet/verify', { nonce, signature: await account.signMessage({ message }) })).status;
}

async function publishedKids({ url }: Reachable): Promise<string[]> {
  const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid).toSorted();
}

function refreshed(service: Reachable, token: unknown) {
  return refresh(service, token, { client_id: 'demo-spa' });
}

/** How many records all processes together say that they have moved. */
function movedBy(log: string): number {
  return [...log.matchAll(/"records":(\d+)/g)].reduce((sum, [, records]) => sum + Number(records), 0);
}

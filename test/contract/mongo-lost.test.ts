import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '../../src/domain/credentials/secret';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { MongoDatabase } from '../../src/platform/storage/mongo-database';
import { storeTimeoutMs } from '../../src/platform/storage/with-timeout';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { StoreUnavailableError } from '../../src/platform/storage/store-unavailable.error';
import { SessionStore } from '../../src/protocols/login/session-store';
import { GrantStore } from '../../src/domain/challenges/grant-store';
import { fixture, standIn } from '../support/run/fixture';
import { eventually } from '../support/run/eventually';
import { isReady, openStores } from '../support/stores/open-stores';
import { sampleChallenges } from '../support/stores/sample-challenges';
import { proxiedServer } from '../support/stores/store-outage';
import type { TcpProxy } from '../support/service/tcp-proxy';
import { tessera } from '../support/operations/tessera-command';
import { redeemed } from '../support/stores/redeemed';

const recoversWithinMs = 30_000;

/** How the server goes away, and how it comes back. */
const losses = [
  { loss: 'that refuses', lose: (proxy: TcpProxy) => proxy.refuse() },
  { loss: 'that hangs', lose: async (proxy: TcpProxy) => proxy.hang() },
] as const;

describe('MongoDB, lost', () => {
  const proxied = fixture(proxiedServer);
  const proxy = standIn(() => proxied.proxy);
  beforeEach(() => proxy.refuse());

  it.each(losses)(
    'given a server $loss, when it is asked, then each answer is an error in time, and later right again',
    async ({ lose }) => {
      await proxy.open();
      const stores = await openStores(proxied);
      const challenge = sampleChallenges(Date.now()).wallet_challenge;
      await stores.get(ChallengeStore).save(challenge);

      await lose(proxy);
      const started = Date.now();
      const refused = await Promise.allSettled([
        stores.get(ChallengeStore).save(sampleChallenges(Date.now()).wallet_challenge),
        stores.get(ChallengeStore).find('wallet_challenge', challenge.id),
        redeemed(stores.get(ChallengeStore), 'wallet_challenge', challenge.id, { clientId: 'another' }, Date.now()),
        stores.get(GrantStore).find(newId()),
        stores.get(GrantStore).findSuccessor('wallet_challenge', challenge.id),
        stores.get(GrantStore).revoke(newId(), Date.now()),
        stores.get(SessionStore).findKnown(newId()),
        stores.get(StoreInspector).ping(),
      ]);
      const elapsed = Date.now() - started;
      await proxy.refuse();
      await proxy.open();
      await eventually(() => isReady(stores), { withinMs: recoversWithinMs });

      const errors = refused.map((each) => (each.status === 'rejected' ? each.reason : 'an answer'));
      expect(errors).toEqual(errors.map(() => expect.any(StoreUnavailableError)));
      expect(elapsed).toBeLessThan(storeTimeoutMs + 4_000);
      expect(
        await redeemed(stores.get(ChallengeStore), 'wallet_challenge', challenge.id, {}, Date.now()),
      ).toStrictEqual(challenge);
      await stores.close();
    },
  );

  it('given connections that are reset, when it is asked afterwards, then it heals without an error that stays', async () => {
    await proxy.open();
    const stores = await openStores(proxied);
    const challenge = sampleChallenges(Date.now()).wallet_challenge;
    await stores.get(ChallengeStore).save(challenge);

    proxy.cut();
    await eventually(() => isReady(stores), { withinMs: recoversWithinMs });

    expect(await stores.get(ChallengeStore).find('wallet_challenge', challenge.id)).toStrictEqual(challenge);
    await stores.close();
  });

  it('given no server at the start, when it appears, then the store connects as if it had always been there', async () => {
    const stores = await openStores(proxied, {}, { unready: true });
    await expect(stores.get(StoreInspector).ping()).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(stores.get(ChallengeStore).find('wallet_challenge', newId())).rejects.toBeInstanceOf(
      StoreUnavailableError,
    );

    await proxy.open();
    await eventually(() => isReady(stores), { withinMs: recoversWithinMs });

    const { options } = stores.get(MongoDatabase).connection.getClient();
    expect(options.serverSelectionTimeoutMS).toBe(2_000);
    expect(options.writeConcern).toMatchObject({ w: 'majority' });
    await stores.close();
  });

  it('given no server, when the store is closed, then it closes at once', async () => {
    const stores = await openStores(proxied, {}, { unready: true });
    await expect(stores.get(StoreInspector).ping()).rejects.toBeInstanceOf(StoreUnavailableError);

    const started = Date.now();
    await stores.close();

    expect(Date.now() - started).toBeLessThan(3_000);
  });

  it('given a server that comes back within seconds, when a command of an operator waits for it, then it does what it is told', async () => {
    const listed = tessera(['clients', 'list'], { ...proxied.env, NODE_ENV: 'development' });
    await delay(3_000);
    await proxy.open();

    expect(await listed).toMatchObject({ status: 0, stderr: '' });
  });
});

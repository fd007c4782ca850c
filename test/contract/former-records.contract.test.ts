import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { FormerRecords } from '../../src/domain/challenges/former-records';
import { successorId } from '../../src/domain/challenges/grant';
import { GrantStore } from '../../src/domain/challenges/grant-store';
import { hashSecret } from '../../src/domain/credentials/secret';
import { MongoDatabase } from '../../src/platform/storage/mongo-database';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { type Contenders, contenders } from '../support/contenders';
import { type FormerStore, formerStore, grantsIn, movableIn, multiplied, restore } from '../support/former-store';
import { type OpenStores, openStores } from '../support/open-stores';
import { emptyStore, storesUnderTest, type TestStore } from '../support/stores';

/** So many that there are several batches of each table. */
const copies = { lmdb: 40, mongodb: 10 };

describe.each(storesUnderTest)('the migration of a store of version 0.1 on %s', (name) => {
  let former: FormerStore;
  let opened: { store: TestStore; stores: OpenStores }[];
  let processes: Contenders | undefined;

  beforeEach(() => {
    const { tables, ...rest } = formerStore(name);
    former = { ...rest, tables: multiplied(tables, copies[name]) };
    opened = [];
    processes = undefined;
  });
  afterEach(async () => {
    await processes?.stop();
    for (const { store, stores } of opened) {
      await stores.close();
      await store.remove();
    }
  });

  /** That store, as it was left. */
  async function restored(): Promise<{ store: TestStore; stores: OpenStores }> {
    const store = emptyStore(name);
    await restore(name, store, former.tables);
    const stores = await openStores(store);
    opened.push({ store, stores });
    return { store, stores };
  }

  it('given that store, when it is migrated, then all of it has become grants, and there is nothing left to do', async () => {
    const { stores } = await restored();

    const moved = [await migrate(stores), await migrate(stores)];

    expect(moved).toEqual([movableIn(former.tables), 0]);
    expect(Object.keys(await stores.get(StoreInspector).countBy('challenges', 'kind', 10_000)).toSorted()).toEqual([
      'authorization_code',
      'wallet_challenge',
    ]);
    const { rotatedTwice, reused, plain } = former.logins;
    const grant = await stores.get(GrantStore).findSuccessor('authorization_code', hashSecret(rotatedTwice.code.code));
    const [, previous, latest] = rotatedTwice.refreshTokens.map(hashSecret);
    expect(grant).toMatchObject({ clientId: 'demo-spa', refresh: { current: latest, previous } });
    expect(await stores.get(GrantStore).find(latest ?? '')).toStrictEqual(grant);
    expect(await stores.get(GrantStore).find(previous ?? '')).toStrictEqual(grant);
    const ended = await stores.get(GrantStore).findSuccessor('authorization_code', hashSecret(reused.code.code));
    expect(ended?.revokedAt).toEqual(expect.any(Number));
    const short = await stores.get(GrantStore).findSuccessor('authorization_code', hashSecret(plain.code.code));
    expect(short).not.toHaveProperty('refresh');
    expect(short).not.toHaveProperty('revokedAt');
  });

  it('given an id by which version 0.1 found a grant, when it is used, then it leads there and is no grant itself', async () => {
    const { stores } = await restored();
    await migrate(stores);
    const grants = stores.get(GrantStore);
    const { code, refreshTokens } = former.logins.offline;
    const current = hashSecret(refreshTokens[0] ?? '');
    const grant = await grants.find(current);
    const rotated = { family: 'f', current: 'c', previous: current, successor: 's', rotatedAt: Date.now() };

    for (const formerId of [current, successorId('authorization_code', hashSecret(code.code))]) {
      const match = { clientId: 'demo-spa', current, scope: [] };
      expect(await grants.rotate(formerId, match, rotated, Date.now())).toBeUndefined();
      expect(await grants.revoke(formerId, Date.now())).toBe(false);
      await grants.backdate(formerId, 0);
    }

    expect(grant?.id).not.toBe(current);
    expect(await grants.find(current)).toStrictEqual(grant);
  });

  it('given a store that has none of this, when it is migrated, then nothing is moved', async () => {
    const store = emptyStore(name);
    const stores = await openStores(store);
    opened.push({ store, stores });

    expect([await migrate(stores), await migrate(stores)]).toEqual([0, 0]);
    expect(await stores.get(StoreInspector).count('grants')).toBe(0);
  });

  it('given live challenges, when the store is migrated, then they are as they were', async () => {
    const { stores } = await restored();
    const challenges = stores.get(ChallengeStore);
    const find = async () => [
      await challenges.find('authorization_code', hashSecret(former.logins.liveCode.code)),
      await challenges.find('wallet_challenge', former.logins.liveChallenge.nonce),
      await challenges.find('authorization_code', hashSecret(former.logins.inDoubt.code.code)),
    ];
    const before = await find();

    await migrate(stores);

    expect(before.map((challenge) => challenge?.clientId)).toEqual(['demo-spa', 'demo-dapp', 'demo-spa']);
    expect(await find()).toStrictEqual(before);
  });

  it('given four processes that migrate at once, when they are done, then it is as if one had', async () => {
    const [alone, together] = [await restored(), await restored()];
    await migrate(alone.stores);
    processes = contenders(together.store, 4);
    await processes.ready;

    const moved = (await processes.run({ name: 'migrate' })) as number[];

    const again = await processes.run({ name: 'migrate' });
    // On MongoDB two may have moved the same record.
    expect(moved.reduce((sum, each) => sum + each)).toBeGreaterThanOrEqual(movableIn(former.tables));
    expect(again).toEqual([0, 0, 0, 0]);
    expect(await grantsIn(together.stores, name)).toEqual(await grantsIn(alone.stores, name));
  });

  // Where a record is moved in one transaction there is no such moment.
  if (name === 'mongodb') {
    it('given records that were moved and not yet removed, when the migration is repeated, then it is as if it had not been interrupted', async () => {
      const { store, stores } = await restored();
      await migrate(stores);
      const complete = await grantsIn(stores, name);
      const { connection } = stores.get(MongoDatabase);
      for (const table of ['challenges', 'meta']) await connection.collection(table).deleteMany({});
      const { challenges = [], tombstones = [], revocations = [] } = former.tables;
      await restore(name, store, { challenges, tombstones, revocations });

      const moved = await migrate(stores);

      expect(moved).toBe(movableIn(former.tables));
      expect(await grantsIn(stores, name)).toEqual(complete);
    });
  }
});

const migrate = (stores: OpenStores) => stores.get(FormerRecords).migrate(Date.now());

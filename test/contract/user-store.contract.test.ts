import { describe, expect, it } from '@jest/globals';
import { type User, UserStore } from '../../src/domain/identity/user-store';
import { openStores } from '../support/stores/open-stores';
import { emptyStore, bothStores } from '../support/stores/stores';

describe.each(bothStores)('a user that is saved on %s', (name) => {
  it('given a complete user, when one with the least is saved in its place, and it again, then nothing of the other is left', async () => {
    const store = emptyStore(name);
    const stores = await openStores(store);
    const users = stores.get(UserStore);
    const least: User = { id: 'anna', username: 'Anna', passwordHash: 'hash', demo: true };
    const complete: Required<User> = {
      ...least,
      passwordVersion: 'of the hash before',
      name: 'Anna Karenina',
      email: 'anna@example.com',
      emailVerified: true,
      picture: 'https://example.com/anna.png',
      disabled: true,
      updatedAt: 1_700_000_000_000,
      endingDue: 'a time',
    };

    const found: (User | undefined)[] = [];
    for (const user of [complete, least, complete]) {
      await users.save(user);
      found.push(await users.find('anna'));
    }
    await stores.close();
    await store.remove();

    expect(found).toStrictEqual([complete, least, complete]);
  });
});

describe.each(bothStores)('a user that is renamed on %s', (name) => {
  it('given a change that cannot be stored, when it is made, then the user is as before, by either name', async () => {
    const store = emptyStore(name);
    const stores = await openStores(store);
    const users = stores.get(UserStore);
    const anna: User = { id: 'anna', username: 'Anna', passwordHash: 'hash', demo: false };
    await users.add(anna);

    const change = users.change('anna', (user) => ({
      ...user,
      username: 'Berta',
      // No store gets to the end of it.
      get name(): string {
        throw new Error('cannot be read');
      },
    }));

    await expect(change).rejects.toThrow();
    const found = await Promise.all([users.find('anna'), users.findByUsername('anna'), users.findByUsername('berta')]);
    await stores.close();
    await store.remove();
    expect(found).toStrictEqual([anna, anna, undefined]);
  });
});

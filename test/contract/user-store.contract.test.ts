import { describe, expect, it } from '@jest/globals';
import { newId } from '../../src/domain/credentials/secret';
import { type User, UsernameTakenError, UserStore } from '../../src/domain/identity/user-store';
import { fixture } from '../support/run/fixture';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { bothStores } from '../support/stores/stores';

const another = (username = newId()): User => ({ id: newId(), username, passwordHash: 'hash', demo: false });

describe.each(bothStores)('the store of users on %s', (name) => {
  const users = portOf(
    fixture(() => openEmptyStore(name)),
    UserStore,
  );

  it('given a user of the seed, when it is saved otherwise, then the store holds none any more', async () => {
    const user = another();
    const known: boolean[] = [];

    for (const demo of [false, true, false]) {
      await users.save({ ...user, demo });
      known.push(await users.hasDemoUsers());
    }

    expect(known).toEqual([false, true, false]);
    expect(await users.findByUsername(user.username)).toStrictEqual(user);
    expect(await users.findByUsername('\0'.repeat(100_000))).toBeUndefined();
  });

  it('given a username, when it is asked for in another case, then it is the same user', async () => {
    const anna = another('Anna-Ä');

    await users.add(anna);

    for (const spelling of ['ANNA-Ä', 'anna-ä', 'anna-a\u0308']) {
      expect(await users.findByUsername(spelling)).toStrictEqual(anna);
    }
  });

  it('given a new username, when the user is renamed, then that finds the user, and a taken one is refused', async () => {
    const [carl, dora] = [another('Carl'), another('Dora')];
    for (const each of [carl, dora]) await users.add(each);

    const renamed = await users.change(carl.id, (before) => ({ ...before, username: 'Karl' }));
    const recased = await users.change(carl.id, (before) => ({ ...before, username: 'KARL' }));
    const taken = users.change(carl.id, (before) => ({ ...before, username: 'dora' }));

    await expect(taken).rejects.toThrow(UsernameTakenError);
    expect([renamed?.username, recased?.username]).toEqual(['Karl', 'KARL']);
    expect(await users.findByUsername('carl')).toBeUndefined();
    expect(await users.findByUsername('karl')).toStrictEqual({ ...carl, username: 'KARL' });
    expect(await users.find(carl.id)).toStrictEqual({ ...carl, username: 'KARL' });
    expect(await users.findByUsername('dora')).toStrictEqual(dora);
  });

  it('given a change that cannot be stored, when it is made, then the user is as before, by either name', async () => {
    const emil = another('Emil');
    await users.add(emil);

    const change = users.change(emil.id, (user) => ({
      ...user,
      username: 'Frida',
      // No store gets to the end of it.
      get name(): string {
        throw new Error('cannot be read');
      },
    }));

    await expect(change).rejects.toThrow();
    const found = [users.find(emil.id), users.findByUsername('emil'), users.findByUsername('frida')];
    expect(await Promise.all(found)).toStrictEqual([emil, emil, undefined]);
  });

  it('given users, when they are paged through, then each comes once and in the order of their names', async () => {
    for (const username of ['page-B', 'page-a', 'Page-c']) await users.add(another(username));
    const seen: string[] = [];

    for (let page = await users.page(2); page.length > 0; page = await users.page(2, seen.at(-1))) {
      seen.push(...page.map(({ username }) => username));
    }

    expect(seen.filter((username) => /^page-/i.test(username))).toEqual(['page-a', 'page-B', 'Page-c']);
    expect(seen).toEqual([...new Set(seen)]);
  });
});

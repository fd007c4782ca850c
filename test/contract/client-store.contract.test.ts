import { beforeEach, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { newId } from '../../src/domain/credentials/secret';
import { cachedClientStore } from '../../src/domain/clients/cached-client-store';
import type { Client } from '../../src/domain/clients/client';
import { ClientStore } from '../../src/domain/clients/client-store';
import { IndexedOrigins } from '../../src/domain/clients/indexed-origins';
import { RegisteredOrigins } from '../../src/platform/http/registered-origins';
import { MongoDatabase } from '../../src/platform/storage/mongo-database';
import { StoreUnavailableError } from '../../src/platform/storage/store-unavailable.error';
import { countingStore } from '../support/stores/counting-store';
import { fixture } from '../support/run/fixture';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { openStores } from '../support/stores/open-stores';
import { bothStores } from '../support/stores/stores';

const aClient = (changes: Partial<Client> = {}): Client => ({
  clientId: newId(),
  name: 'A client',
  authentication: 'none',
  redirectUris: [],
  firstParty: true,
  scopes: ['openid'],
  idTokenAlgorithm: 'ES256',
  demo: false,
  ...changes,
});

/** One of its own, so that tests do not meet. */
const anOrigin = (): string => `https://${newId().replace(/\W/g, 'x').toLowerCase()}.example`;

/** No store gets to the end of it. */
const unstorableKey: JWK = {
  kty: 'EC',
  get x(): string {
    throw new Error('cannot be read');
  },
};

describe.each(bothStores)('the store of clients on %s', (name) => {
  const here = fixture(() => openEmptyStore(name));
  const elsewhere = fixture(() => openStores(here));
  const clients = portOf(here, ClientStore);
  const origins = portOf(here, RegisteredOrigins);

  /** A client that is in the store. */
  async function saved(changes: Partial<Client> = {}): Promise<Client> {
    const client = aClient(changes);
    await clients.save(client);
    return client;
  }

  describe('listed, and asked for by what they name', () => {
    it('given clients, when those of a prefix are listed, then they are those and no others', async () => {
      const prefix = `${newId()}-`;
      const ids = [`${prefix}b`, `${prefix}a`, `${prefix}é\u{10ffff}`, prefix];
      const others = [prefix.slice(0, -1), `${prefix.slice(0, -1)}.`, `x${prefix}`, prefix.toUpperCase()];
      for (const clientId of [...ids, ...others]) await saved({ clientId });

      const listed = await clients.list(prefix);
      const all = await clients.list();

      expect(listed.map(({ clientId }) => clientId)).toEqual([
        prefix,
        `${prefix}a`,
        `${prefix}b`,
        `${prefix}é\u{10ffff}`,
      ]);
      expect(all.map(({ clientId }) => clientId)).toEqual(expect.arrayContaining([...ids, ...others]));
    });

    it('given a prefix that nobody has, when it is listed, then nobody is', async () => {
      expect(await clients.list(newId())).toEqual([]);
    });

    it('given clients, when they are paged through, then each comes once and in order', async () => {
      for (const clientId of ['page-b', 'page-a', 'page-c']) await saved({ clientId });
      const seen: string[] = [];

      for (let page = await clients.page(2); page.length > 0; page = await clients.page(2, seen.at(-1))) {
        seen.push(...page.map(({ clientId }) => clientId));
      }

      expect(seen).toEqual((await clients.list()).map(({ clientId }) => clientId));
      expect(seen).toEqual(expect.arrayContaining(['page-a', 'page-b', 'page-c']));
    });

    it('given a default API, when it is asked for, then it is named until no client names it', async () => {
      const identifier = `https://${newId()}.example/`;
      const without = aClient();

      await clients.save({ ...without, defaultResource: identifier });
      const before = await clients.hasDefaultResource(identifier);
      await clients.save(without);

      expect([before, await clients.hasDefaultResource(identifier)]).toEqual([true, false]);
    });
  });

  describe('and their origins', () => {
    it('given a client that cannot be stored, when it is saved, added or changed, then none of its origins is known', async () => {
      const [before, after] = [anOrigin(), anOrigin()];
      const stored = await saved({ redirectUris: [`${before}/callback`] });
      const unstorable = { redirectUris: [`${after}/callback`], jwks: { keys: [unstorableKey] } };

      const refused = await Promise.allSettled([
        clients.save({ ...stored, ...unstorable }),
        clients.add(aClient(unstorable)),
        clients.change(stored.clientId, (client) => ({ ...client, ...unstorable })),
      ]);

      expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      const known = [before, after].map((origin) => elsewhere.get(RegisteredOrigins).includes(origin));
      expect(await Promise.all(known)).toEqual([true, false]);
      expect(await elsewhere.get(ClientStore).find(stored.clientId)).toEqual(stored);
    });

    it('given a client, when it is saved with other origins and removed, then its origins go with it', async () => {
      const [first, second, third] = [anOrigin(), anOrigin(), anOrigin()];
      const client = aClient({ redirectUris: [`${first}/callback`, `${second}/callback`], walletOrigin: third });
      const known = async () => Promise.all([first, second, third].map((origin) => origins.includes(origin)));
      const { walletOrigin: _, ...fewer } = client;

      const before = await known();
      await clients.save(client);
      const whenSaved = await known();
      await clients.save({ ...fewer, redirectUris: [`${second}/callback`] });
      const replaced = await known();
      await clients.remove(client.clientId);
      await clients.remove(client.clientId);

      expect(before).toEqual([false, false, false]);
      expect(whenSaved).toEqual([true, true, true]);
      expect(replaced).toEqual([false, true, false]);
      expect(await known()).toEqual([false, false, false]);
    });

    it('given two clients of one origin, when one of them goes, then the origin stays until the other goes too', async () => {
      const origin = anOrigin();
      const both = [await saved({ redirectUris: [`${origin}/a`] }), await saved({ walletOrigin: origin })];

      const known: boolean[] = [];
      for (const { clientId } of both) {
        await clients.remove(clientId);
        known.push(await origins.includes(origin));
      }

      expect(known).toEqual([true, false]);
    });

    it('given a client on a loopback address, when pages of its ports ask, then all of them are known', async () => {
      await saved({ redirectUris: ['http://[::1]/callback'] });

      const asked = ['http://[::1]', 'http://[::1]:1', 'http://[::1]:65535', 'http://127.0.0.1:1', 'https://[::1]'];
      const known = await Promise.all(asked.map((origin) => origins.includes(origin)));

      expect(known).toEqual([true, true, true, false, false]);
    });

    it('given a client with a long id and hostile ones, when they are removed, then nothing of them is left', async () => {
      const origin = anOrigin();
      const ids = ['x'.repeat(2_000), '\0'.repeat(100), '\ud800'.repeat(100), '$ne', '__proto__'];

      for (const clientId of ids) await saved({ clientId, walletOrigin: origin });
      const whenSaved = await origins.includes(origin);
      for (const clientId of ids) await clients.remove(clientId);

      expect(whenSaved).toBe(true);
      expect(await origins.includes(origin)).toBe(false);
    });
  });

  describe('and demo clients and users', () => {
    it('given a client of the seed, when it is saved otherwise, then the store holds none any more', async () => {
      const before = await clients.hasDemoClients();
      const client = await saved({ demo: true });
      const whenSaved = await clients.hasDemoClients();
      await clients.save({ ...client, demo: false });

      expect([before, whenSaved, await clients.hasDemoClients()]).toEqual([false, true, false]);
    });
  });

  describe('read by several processes', () => {
    it('given a client that was found, when another process changes or removes it, then that counts within 5 s', async () => {
      const client = aClient();
      await elsewhere.get(ClientStore).save(client);
      const names: (string | undefined)[] = [];
      const look = async () => names.push((await clients.find(client.clientId))?.name);

      await here.clock.standStill(async () => {
        await look();
        await elsewhere.get(ClientStore).save({ ...client, name: 'changed' });
        await look();
      });
      here.clock.advance(5_000);
      await look();
      await elsewhere.get(ClientStore).remove(client.clientId);
      here.clock.advance(5_000);
      await look();

      expect(names).toEqual(['A client', 'A client', 'changed', undefined]);
    });

    it('given a client that nobody knew, when another process registers it, then it and its origin are known at once', async () => {
      const origin = anOrigin();
      const client = aClient({ walletOrigin: origin });
      const look = async () => Promise.all([clients.find(client.clientId), origins.includes(origin)]);

      const before = await look();
      await elsewhere.get(ClientStore).save(client);
      const after = await look();
      await elsewhere.get(ClientStore).remove(client.clientId);
      here.clock.advance(5_000);

      expect([before, after, await look()]).toEqual([
        [undefined, false],
        [client, true],
        [undefined, false],
      ]);
    });

    it('given a client that was found, when this process changes it, then that counts at once', async () => {
      const client = await saved();
      await clients.find(client.clientId);

      await clients.save({ ...client, name: 'changed' });
      const changed = await clients.find(client.clientId);
      await clients.remove(client.clientId);

      expect(changed?.name).toBe('changed');
      expect(await clients.find(client.clientId)).toBeUndefined();
    });

    it('given a found client, when somebody would change its record, then that throws', async () => {
      const jwks = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x' }] };
      const client = await saved({ redirectUris: ['https://app.example/'], jwks });
      const found = (await clients.find(client.clientId)) as { name: string; redirectUris: string[] } & Client;

      expect(() => found.redirectUris.push('https://evil.example/')).toThrow(/not extensible/);
      expect(() => (found.name = 'changed')).toThrow(/read only/);
      expect(() => found.jwks?.keys.pop()).toThrow(/Cannot delete/);
      expect(found).toStrictEqual(client);
    });
  });

  describe('at the cost of reads', () => {
    let reads: Record<string, number>;
    let cached: ClientStore;

    beforeEach(() => {
      const counting = countingStore(here);
      reads = counting.reads;
      cached = cachedClientStore(counting.store, here.clock);
    });

    it.each([10, 1_000])(
      'given %i clients, when 100 pages and requests come, then the store is asked as often',
      async (count) => {
        const indexed = new IndexedOrigins(cached);
        const all = Array.from({ length: count }, () => aClient({ redirectUris: [`${anOrigin()}/callback`] }));
        // Not all at once: on a busy machine the last would be answered too late.
        for (let from = 0; from < count; from += 50) {
          await Promise.all(all.slice(from, from + 50).map((client) => clients.save(client)));
        }
        const [{ clientId, redirectUris: [uri = ''] } = aClient()] = all;
        const [known, unknown] = [new URL(uri).origin, anOrigin()];

        await here.clock.standStill(async () => {
          for (let round = 0; round < 10; round += 1) {
            const asked = Array.from({ length: 10 }, () => [cached.find(clientId), indexed.includes(known)]);
            expect((await Promise.all(asked.flat())).every(Boolean)).toBe(true);
            expect(await indexed.includes(unknown)).toBe(false);
          }
        });

        expect(reads).toEqual({ find: 1, hasOrigin: 1 + 10 });
      },
    );

    it('given hostile origins, when they are asked for, then none reaches the store', async () => {
      const indexed = new IndexedOrigins(cached);
      const hostile = [
        '',
        'null',
        'garbage',
        `https://${'a'.repeat(10_000)}.example`,
        'https://a.example/',
        '\0',
        '*',
        '{"$ne":1}',
      ];

      const known = await Promise.all(hostile.map((origin) => indexed.includes(origin)));

      expect(known).toEqual(hostile.map(() => false));
      expect(reads).toEqual({});
    });
  });

  if (name === 'mongodb') {
    it('given the collection, when its indexes are listed, then the names, which origins and the demo flag are among, have one', async () => {
      const indexes = await here.get(MongoDatabase).connection.collection('clients').indexes();

      const keys = indexes.map(({ key }) => key);
      expect(keys).toContainEqual({ names: 1, _id: 1 });
    });
  }
});

it('given a store that does not answer, when an origin is asked for, then it rejects rather than say no', async () => {
  const store = { env: { MONGODB_URI: 'mongodb://127.0.0.1:1/none' } };
  const stores = await openStores(store, {}, { unready: true });

  const answers = await Promise.allSettled([
    stores.get(RegisteredOrigins).includes('https://app.example'),
    stores.get(ClientStore).find('client'),
  ]);
  await stores.close();

  for (const answer of answers) {
    expect(answer).toEqual({ status: 'rejected', reason: expect.any(StoreUnavailableError) });
  }
});

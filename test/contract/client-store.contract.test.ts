import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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
import { openEmptyStore } from '../support/stores/open-empty-store';
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

  describe('listed, and asked for by what they name', () => {
    it('given clients, when those of a prefix are listed, then they are those and no others', async () => {
      const prefix = `${newId()}-`;
      const ids = [`${prefix}b`, `${prefix}a`, `${prefix}é\u{10ffff}`, prefix];
      const others = [prefix.slice(0, -1), `${prefix.slice(0, -1)}.`, `x${prefix}`, prefix.toUpperCase()];
      for (const clientId of [...ids, ...others]) await here.get(ClientStore).save(aClient({ clientId }));

      const listed = await here.get(ClientStore).list(prefix);
      const all = await here.get(ClientStore).list();

      expect(listed.map(({ clientId }) => clientId)).toEqual([
        prefix,
        `${prefix}a`,
        `${prefix}b`,
        `${prefix}é\u{10ffff}`,
      ]);
      expect(all.map(({ clientId }) => clientId)).toEqual(expect.arrayContaining([...ids, ...others]));
      for (const clientId of [...ids, ...others]) await here.get(ClientStore).remove(clientId);
    });

    it('given a prefix that nobody has, when it is listed, then nobody is', async () => {
      expect(await here.get(ClientStore).list(newId())).toEqual([]);
    });

    it('given clients, when they are paged through, then each comes once and in order', async () => {
      const clients = here.get(ClientStore);
      for (const clientId of ['page-b', 'page-a', 'page-c']) await clients.save(aClient({ clientId }));
      const seen: string[] = [];

      for (let page = await clients.page(2); page.length > 0; page = await clients.page(2, seen.at(-1))) {
        seen.push(...page.map(({ clientId }) => clientId));
      }

      expect(seen).toEqual((await clients.list()).map(({ clientId }) => clientId));
      expect(seen).toEqual(expect.arrayContaining(['page-a', 'page-b', 'page-c']));
    });

    it('given a default API, when it is asked for, then it is named until no client names it', async () => {
      const [clients, identifier] = [here.get(ClientStore), `https://${newId()}.example/`];
      const without = aClient();

      await clients.save({ ...without, defaultResource: identifier });
      const before = await clients.hasDefaultResource(identifier);
      await clients.save(without);

      expect([before, await clients.hasDefaultResource(identifier)]).toEqual([true, false]);
    });
  });

  describe('and their origins', () => {
    it('given a client that cannot be stored, when it is saved, added or changed, then none of its origins is known', async () => {
      const clients = here.get(ClientStore);
      const [before, after] = [anOrigin(), anOrigin()];
      const stored = aClient({ redirectUris: [`${before}/callback`] });
      const unstorable = { redirectUris: [`${after}/callback`], jwks: { keys: [unstorableKey] } };
      await clients.save(stored);

      const refused = await Promise.allSettled([
        clients.save({ ...stored, ...unstorable }),
        clients.add(aClient(unstorable)),
        clients.change(stored.clientId, (client) => ({ ...client, ...unstorable })),
      ]);

      expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      const known = [before, after].map((origin) => elsewhere.get(RegisteredOrigins).includes(origin));
      expect(await Promise.all(known)).toEqual([true, false]);
      expect(await elsewhere.get(ClientStore).find(stored.clientId)).toEqual(stored);
      await clients.remove(stored.clientId);
    });

    it('given a client, when it is saved with other origins and removed, then its origins go with it', async () => {
      const [first, second, third] = [anOrigin(), anOrigin(), anOrigin()];
      const client = aClient({ redirectUris: [`${first}/callback`, `${second}/callback`], walletOrigin: third });
      const known = async () => Promise.all([first, second, third].map((origin) => isKnown(origin)));
      const isKnown = (origin: string) => here.get(RegisteredOrigins).includes(origin);
      const { walletOrigin: _, ...fewer } = client;

      const before = await known();
      await here.get(ClientStore).save(client);
      const saved = await known();
      await here.get(ClientStore).save({ ...fewer, redirectUris: [`${second}/callback`] });
      const replaced = await known();
      await here.get(ClientStore).remove(client.clientId);
      await here.get(ClientStore).remove(client.clientId);

      expect(before).toEqual([false, false, false]);
      expect(saved).toEqual([true, true, true]);
      expect(replaced).toEqual([false, true, false]);
      expect(await known()).toEqual([false, false, false]);
    });

    it('given two clients of one origin, when one of them goes, then the origin stays until the other goes too', async () => {
      const origin = anOrigin();
      const clients = [aClient({ redirectUris: [`${origin}/a`] }), aClient({ walletOrigin: origin })];
      for (const client of clients) await here.get(ClientStore).save(client);

      const known: boolean[] = [];
      for (const { clientId } of clients) {
        await here.get(ClientStore).remove(clientId);
        known.push(await here.get(RegisteredOrigins).includes(origin));
      }

      expect(known).toEqual([true, false]);
    });

    it('given a client on a loopback address, when pages of its ports ask, then all of them are known', async () => {
      const client = aClient({ redirectUris: ['http://[::1]/callback'] });
      await here.get(ClientStore).save(client);

      const origins = ['http://[::1]', 'http://[::1]:1', 'http://[::1]:65535', 'http://127.0.0.1:1', 'https://[::1]'];
      const known = await Promise.all(origins.map((origin) => here.get(RegisteredOrigins).includes(origin)));
      await here.get(ClientStore).remove(client.clientId);

      expect(known).toEqual([true, true, true, false, false]);
    });

    it('given a client with a long id and hostile ones, when they are removed, then nothing of them is left', async () => {
      const origin = anOrigin();
      const ids = ['x'.repeat(2_000), '\0'.repeat(100), '\ud800'.repeat(100), '$ne', '__proto__'];

      for (const clientId of ids) await here.get(ClientStore).save(aClient({ clientId, walletOrigin: origin }));
      const saved = await here.get(RegisteredOrigins).includes(origin);
      for (const clientId of ids) await here.get(ClientStore).remove(clientId);

      expect(saved).toBe(true);
      expect(await here.get(RegisteredOrigins).includes(origin)).toBe(false);
    });
  });

  describe('and demo clients and users', () => {
    it('given a client of the seed, when it is saved otherwise, then the store holds none any more', async () => {
      const client = aClient({ demo: true });
      const clients = here.get(ClientStore);

      const before = await clients.hasDemoClients();
      await clients.save(client);
      const saved = await clients.hasDemoClients();
      await clients.save({ ...client, demo: false });

      expect([before, saved, await clients.hasDemoClients()]).toEqual([false, true, false]);
      await clients.remove(client.clientId);
    });
  });

  describe('read by several processes', () => {
    it('given a client that was found, when another process changes or removes it, then that counts within 5 s', async () => {
      const client = aClient();
      await elsewhere.get(ClientStore).save(client);
      const names: (string | undefined)[] = [];
      const look = async () => names.push((await here.get(ClientStore).find(client.clientId))?.name);

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
      const look = async () =>
        Promise.all([here.get(ClientStore).find(client.clientId), here.get(RegisteredOrigins).includes(origin)]);

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
      const client = aClient();
      const clients = here.get(ClientStore);
      await clients.save(client);
      await clients.find(client.clientId);

      await clients.save({ ...client, name: 'changed' });
      const changed = await clients.find(client.clientId);
      await clients.remove(client.clientId);

      expect(changed?.name).toBe('changed');
      expect(await clients.find(client.clientId)).toBeUndefined();
    });

    it('given a found client, when somebody would change its record, then that throws', async () => {
      const jwks = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x' }] };
      const client = aClient({ redirectUris: ['https://app.example/'], jwks });
      await here.get(ClientStore).save(client);
      const found = (await here.get(ClientStore).find(client.clientId)) as {
        name: string;
        redirectUris: string[];
      } & Client;

      expect(() => found.redirectUris.push('https://evil.example/')).toThrow(/not extensible/);
      expect(() => (found.name = 'changed')).toThrow(/read only/);
      expect(() => found.jwks?.keys.pop()).toThrow(/Cannot delete/);
      expect(found).toStrictEqual(client);
      await here.get(ClientStore).remove(client.clientId);
    });
  });

  describe('at the cost of reads', () => {
    let reads: Record<string, number>;
    let clients: ClientStore;
    const registered: Client[] = [];

    beforeEach(() => {
      const counting = countingStore(here);
      reads = counting.reads;
      clients = cachedClientStore(counting.store, here.clock);
    });
    afterEach(async () => {
      await inTurns(registered.splice(0), ({ clientId }) => here.get(ClientStore).remove(clientId));
    });

    it.each([10, 1_000])(
      'given %i clients, when 100 pages and requests come, then the store is asked as often',
      async (count) => {
        const origins = new IndexedOrigins(clients);
        const all = Array.from({ length: count }, () => aClient({ redirectUris: [`${anOrigin()}/callback`] }));
        registered.push(...all);
        await inTurns(all, (client) => here.get(ClientStore).save(client));
        const [{ clientId, redirectUris: [uri = ''] } = aClient()] = all;
        const [known, unknown] = [new URL(uri).origin, anOrigin()];

        await here.clock.standStill(async () => {
          for (let round = 0; round < 10; round += 1) {
            const asked = Array.from({ length: 10 }, () => [clients.find(clientId), origins.includes(known)]);
            expect((await Promise.all(asked.flat())).every(Boolean)).toBe(true);
            expect(await origins.includes(unknown)).toBe(false);
          }
        });

        expect(reads).toEqual({ find: 1, hasOrigin: 1 + 10 });
      },
    );

    it('given hostile origins, when they are asked for, then none reaches the store', async () => {
      const origins = new IndexedOrigins(clients);
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

      const known = await Promise.all(hostile.map((origin) => origins.includes(origin)));

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

/** Not all at once: on a busy machine the last would be answered too late. */
async function inTurns(all: readonly Client[], one: (client: Client) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < all.length; from += 50) await Promise.all(all.slice(from, from + 50).map(one));
}

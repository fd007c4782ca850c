import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Client } from '../../src/domain/clients/client';
import { ClientKeys } from '../../src/domain/clients/client-keys';
import { ClientStore } from '../../src/domain/clients/client-store';
import { RemoteKeys } from '../../src/domain/clients/remote-keys';
import { Outbound } from '../../src/platform/outbound/outbound';
import { documentServer } from '../support/clients/document-server';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { bytesAlive } from '../support/run/memory';
import { openEmptyStore } from '../support/stores/open-empty-store';

const megabyte = 1024 * 1024;
const junk = { keys: Array.from({ length: 10_900 }, () => ({})) };

const clientOf = (changes: Partial<Client>): Client => ({
  clientId: 'client',
  name: 'A client',
  authentication: 'private_key_jwt',
  redirectUris: [],
  firstParty: false,
  scopes: [],
  idTokenAlgorithm: 'RS256',
  registeredBy: 'itself',
  demo: false,
  ...changes,
});

describe('what the keys of clients take in memory', () => {
  const stores = fixture(() => openEmptyStore('lmdb'));
  const host = fixtureOfEach(documentServer);
  let keys: ClientKeys;
  let longKey: JWK;

  beforeAll(async () => {
    const { publicKey } = await generateKeyPair('RS256', { modulusLength: 4_096, extractable: true });
    longKey = await exportJWK(publicKey);
  });
  beforeEach(() => {
    keys = new ClientKeys(new RemoteKeys(stores.get(Outbound), stores.clock));
  });

  const longKeys = (count: number) => Array.from({ length: count }, (_, at) => ({ ...longKey, kid: `${at}` }));
  /** Has each key imported that there is, as a signature by it would. */
  const useAll = async (client: Client, count: number) => {
    const find = keys.of(client);
    for (let at = 0; at < count; at += 1) {
      await Promise.resolve(find({ alg: 'RS256', kid: `${at}` }, { payload: '', signature: '' })).catch(
        () => undefined,
      );
    }
  };
  const fetchSets = async (path: string, sets: number, count: number) => {
    for (let at = 0; at < sets; at += 1) await useAll(clientOf({ jwksUri: `${host.origin}/${path}/${at}` }), count);
  };

  it('given many key sets of strangers that are full of junk, when they are remembered, then nothing of that is', async () => {
    host.serve(junk);
    await fetchSets('first', 1, 1);
    const before = bytesAlive();

    await fetchSets('junk', 60, 1);

    expect(host.asked).toHaveLength(61);
    expect((bytesAlive() - before) / megabyte).toBeLessThan(30);
  });

  it('given the most that strangers can have remembered, when all of it is used, then it takes less than 100 MB', async () => {
    const clients = stores.get(ClientStore);
    const redirectUris = Array.from({ length: 25 }, (_, at) => `https://${at}.example/${'a'.repeat(200)}`);
    host.serve(junk);
    await fetchSets('first', 1, 1);
    const before = bytesAlive();
    host.serve({ keys: longKeys(30) });
    // More than fit: of either there is room for a hundred or two.
    await fetchSets('long', 200, 20);
    host.serve(junk);
    await fetchSets('junk', 60, 1);
    for (let at = 0; at < 300; at += 1) {
      const clientId = `client-${at}`;
      await clients.save(clientOf({ clientId, redirectUris, jwks: { keys: longKeys(10) } }));
      const client = await clients.find(clientId);
      if (client !== undefined) await useAll(client, 10);
    }

    expect((bytesAlive() - before) / megabyte).toBeLessThan(100);
  });
});

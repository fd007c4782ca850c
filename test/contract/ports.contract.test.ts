import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ConsentStore } from '../../src/login/consent-store';
import { type Session, SessionStore } from '../../src/login/session-store';
import { type User, UserStore } from '../../src/identity/user-store';
import { newId } from '../../src/credentials/secret';
import { type Tombstone, TombstoneStore } from '../../src/challenges/tombstone-store';
import type { Client } from '../../src/clients/client';
import { ClientStore } from '../../src/clients/client-store';
import { RateLimitStore } from '../../src/http/rate-limit-store';
import { StoreInspector } from '../../src/storage/store-inspector';
import { RevocationStore } from '../../src/tokens/revocation-store';
import { type SigningKey, SigningKeyStore } from '../../src/tokens/signing-key-store';
import { type Contenders, contenders } from '../support/contenders';
import { type OpenStores, openStores } from '../support/open-stores';
import { completeAuthentication } from '../support/sample-challenges';
import { emptyStore, storesUnderTest } from '../support/stores';

const now = Date.now();
const minute = 60_000;

jest.setTimeout(30_000);

const session = (): Session => ({
  id: newId(),
  authentication: completeAuthentication,
  createdAt: now,
  expiresAt: now + minute,
});

const newTombstone = (): Required<Tombstone> => ({
  kind: 'wallet_challenge',
  id: newId(),
  grantId: newId(),
  clientId: 'demo-dapp',
  spentAt: now,
  expiresAt: now + minute,
  codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  wallet: '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045',
  chainId: Number.MAX_SAFE_INTEGER,
  message: 'a\nmessage',
  successor: 'sealed',
});

describe.each(storesUnderTest)('the other stores on %s', (name) => {
  const store = emptyStore(name);
  let stores: OpenStores;

  beforeAll(async () => {
    stores = await openStores(store);
  });
  afterAll(async () => {
    await stores.close();
    await store.remove();
  });

  describe('tombstones', () => {
    it('given a complete one, when it is found, then it is what was left, for its own kind only', async () => {
      const left = newTombstone();

      const stored = await stores.get(TombstoneStore).leave(left);

      expect(stored).toStrictEqual(left);
      expect(await stores.get(TombstoneStore).find('wallet_challenge', left.id, now)).toStrictEqual(left);
      expect(await stores.get(TombstoneStore).find('authorization_code', left.id, now)).toBeUndefined();
    });

    it('given one that has expired and is not swept, when it is looked up, then it is not there', async () => {
      const left = await stores.get(TombstoneStore).leave(newTombstone());

      const found = await stores.get(TombstoneStore).find(left.kind, left.id, left.expiresAt);

      expect(found).toBeUndefined();
    });

    it('given one, when another is left for the challenge, then only the time of spending moves', async () => {
      const { wallet: _, ...first } = newTombstone();
      await stores.get(TombstoneStore).leave(first);

      const second = {
        ...newTombstone(),
        id: first.id,
        spentAt: now + 5,
        expiresAt: now + 2 * minute,
        successor: 'other',
      };
      const stored = await stores.get(TombstoneStore).leave(second);

      expect(stored).toStrictEqual({ ...first, spentAt: now + 5 });
      expect(await stores.get(TombstoneStore).find(first.kind, first.id, now)).toStrictEqual(stored);
    });
  });

  describe('revocations', () => {
    it('given a revoked id, when ids are checked, then it counts until it expires', async () => {
      const [revoked, other] = [newId(), newId()];
      await stores.get(RevocationStore).revoke(revoked, now + minute);

      const isRevoked = (ids: string[], at: number) => stores.get(RevocationStore).isRevoked(ids, at);

      expect(await isRevoked([other, revoked], now)).toBe(true);
      expect(await isRevoked([other], now)).toBe(false);
      expect(await isRevoked([], now)).toBe(false);
      expect(await isRevoked([revoked], now + minute)).toBe(false);
    });

    it('given a revoked id, when it is revoked again for less and for more, then the longest counts', async () => {
      const id = newId();

      const lifetimes = [2, 1, 3, 2, 1].map((minutes) => now + minutes * minute);
      await Promise.all(lifetimes.map((expiresAt) => stores.get(RevocationStore).revoke(id, expiresAt)));

      expect(await stores.get(RevocationStore).isRevoked([id], now + 3 * minute - 1)).toBe(true);
      expect(await stores.get(RevocationStore).isRevoked([id], now + 3 * minute)).toBe(false);
    });
  });

  describe('signing keys', () => {
    const key: SigningKey = {
      algorithm: 'ES256',
      generation: 1,
      kid: 'kid-1',
      privateJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd', key_ops: [] },
      notBefore: now,
      demo: false,
    };

    it('given a generation, when it is added again, then the first one stays', async () => {
      const keys = stores.get(SigningKeyStore);

      const added = [
        await keys.add(key),
        await keys.add({ ...key, kid: 'kid-2' }),
        await keys.add({ ...key, generation: 2, kid: 'kid-3' }),
      ];
      const listed = await keys.list();
      await keys.remove({ algorithm: 'ES256', generation: 2 });

      expect(added).toEqual([true, false, true]);
      expect(listed).toStrictEqual([key, { ...key, generation: 2, kid: 'kid-3' }]);
      expect(await keys.list()).toStrictEqual([key]);
    });
  });

  describe('clients', () => {
    const client: Required<Client> = {
      clientId: 'a client',
      name: 'A client',
      authentication: 'private_key_jwt',
      secretHash: 'hash',
      jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x', kid: 'k', 'x5t#S256': 'a.b$c' }] },
      redirectUris: ['https://client.example/callback'],
      firstParty: true,
      scopes: ['openid'],
      walletOrigin: 'https://client.example',
      idTokenAlgorithm: 'EdDSA',
      demo: false,
    };

    it('given a complete one, when it is found, then it is what was saved, and an optional field can go again', async () => {
      const { walletOrigin: _, jwks: __, secretHash: ___, ...fewer } = client;

      await stores.get(ClientStore).save(client);
      const complete = await stores.get(ClientStore).find(client.clientId);
      await stores.get(ClientStore).save({ ...fewer, redirectUris: [] });

      expect(complete).toStrictEqual(client);
      expect(await stores.get(ClientStore).list()).toStrictEqual([{ ...fewer, redirectUris: [] }]);
    });

    it('given two, when one is removed, again and once more, then it alone is gone', async () => {
      const [gone, other] = [newId(), newId()];
      for (const clientId of [gone, other]) await stores.get(ClientStore).save({ ...client, clientId });

      for (const clientId of [gone, gone, '\0']) await stores.get(ClientStore).remove(clientId);

      expect(await stores.get(ClientStore).find(gone)).toBeUndefined();
      expect(await stores.get(ClientStore).find(other)).toStrictEqual({ ...client, clientId: other });
    });

    it('given hostile ids, when they are looked up, then nothing is there', async () => {
      const hostile = [
        '',
        '\0',
        'a\0b',
        '\u0001',
        '\ud800',
        '$ne',
        '__proto__',
        'x'.repeat(1_025),
        '\0'.repeat(100_000),
      ];

      const found = await Promise.all(hostile.map((id) => stores.get(ClientStore).find(id)));

      expect(found.filter((each) => each !== undefined)).toEqual([]);
    });
  });

  describe('users', () => {
    const user: Required<User> = { id: 'subject', username: 'Ünï code', passwordHash: '$argon2id$…', demo: false };

    it('given a user, when it is saved again, then it is replaced, and demo users are noticed', async () => {
      const users = stores.get(UserStore);

      await users.save(user);
      const [found, demoBefore] = [await users.findByUsername(user.username), await users.hasDemoUsers()];
      await users.save({ ...user, demo: true });

      expect(found).toStrictEqual(user);
      expect(demoBefore).toBe(false);
      expect(await users.findByUsername(user.username)).toStrictEqual({ ...user, demo: true });
      expect(await users.hasDemoUsers()).toBe(true);
      expect(await users.findByUsername('\0'.repeat(100_000))).toBeUndefined();
    });
  });

  describe('sessions', () => {
    it('given a session, when it is found, then it is what was saved until it expires or is removed', async () => {
      const sessions = stores.get(SessionStore);
      const saved = session();

      await sessions.save(saved);
      const [alive, expired] = [await sessions.find(saved.id, now), await sessions.find(saved.id, saved.expiresAt)];
      await sessions.remove(saved.id);
      await sessions.remove(saved.id);

      expect(alive).toStrictEqual(saved);
      expect(expired).toBeUndefined();
      expect(await sessions.find(saved.id, now)).toBeUndefined();
    });

    it('given a session, when it is saved again, then it is replaced', async () => {
      const sessions = stores.get(SessionStore);
      const saved = session();
      const later = { ...saved, expiresAt: now + 2 * minute };

      await sessions.save(saved);
      await Promise.all([sessions.save(later), sessions.save(later)]);

      expect(await sessions.find(saved.id, now + minute)).toStrictEqual(later);
    });
  });

  describe('consents', () => {
    it('given a consent, when it is widened, then the wider one is found, for its person and client only', async () => {
      const consents = stores.get(ConsentStore);
      const consent = { sub: 'user', clientId: 'partner', scope: ['openid'], createdAt: now };
      const wider = { ...consent, scope: ['openid', 'profile'], createdAt: now + 1 };

      await consents.save(consent);
      await consents.save(wider);

      expect(await consents.find('user', 'partner')).toStrictEqual(wider);
      expect(await consents.find('partner', 'user')).toBeUndefined();
      expect(await consents.find('\0'.repeat(100_000), 'partner')).toBeUndefined();
    });
  });

  describe('rate limits', () => {
    it('given a key of any length, when 100 count it at once, then each gets a number of its own', async () => {
      for (const key of [newId(), '\0', 'x'.repeat(100_000)]) {
        const counts = await Promise.all(
          Array.from({ length: 100 }, () => stores.get(RateLimitStore).count(key, now + minute)),
        );

        expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
      }
    });
  });

  describe('the inspector', () => {
    it('given records, when they are listed, then the newest come first, each with its id, times in milliseconds', async () => {
      const inspector = stores.get(StoreInspector);
      const tombstone = { kind: 'wallet_login', grantId: 'g', clientId: 'c', expiresAt: now + 9 * minute } as const;
      await stores.get(TombstoneStore).leave({ ...tombstone, id: 'older', spentAt: now + 2 * minute });
      await stores.get(TombstoneStore).leave({ ...tombstone, id: 'newer', spentAt: now + 3 * minute });

      const tombstones = await inspector.list('tombstones', 2);
      const consents = await inspector.list('consents', 10);

      expect(tombstones.map(({ id }) => id)).toEqual(['newer', 'older']);
      expect(tombstones[0]).toMatchObject({ spentAt: now + 3 * minute, expiresAt: now + 9 * minute });
      expect(consents.map(({ id }) => id)).toEqual(['partner user']);
      expect(await inspector.count('consents')).toBe(1);
      await expect(inspector.ping()).resolves.toBeUndefined();
    });
  });

  describe('with four processes', () => {
    let processes: Contenders;

    beforeAll(async () => {
      processes = await contenders(store, 4);
    });
    afterAll(() => processes.stop());

    it('given a challenge, when 8 callers in each leave its tombstone at once, then all see the first successor', async () => {
      for (let round = 0; round < 5; round += 1) {
        const successors = await processes.run({ name: 'leave', id: newId(), callers: 8 });

        expect(successors).toHaveLength(32);
        expect(new Set(successors).size).toBe(1);
      }
    });

    it('given a key, when 25 callers in each count it at once, then no count is lost or given twice', async () => {
      const counts = await processes.run({ name: 'count', key: newId(), callers: 25 });

      expect(counts.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    });

    it('given no RSA key, when all start for the first time at once, then one makes it and all publish it', async () => {
      const published = await processes.run({ name: 'first start' });

      const rsaKeys = (await stores.get(SigningKeyStore).list()).filter((key) => key.algorithm === 'RS256');
      expect(rsaKeys).toHaveLength(1);
      expect(published.filter((kid) => kid === rsaKeys[0]?.kid)).toHaveLength(4);
    });
  });
});

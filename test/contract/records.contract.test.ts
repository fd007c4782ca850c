import { describe, expect, it } from '@jest/globals';
import type { Api } from '../../src/domain/apis/api';
import { ApiStore } from '../../src/domain/apis/api-store';
import type { Client } from '../../src/domain/clients/client';
import { ClientStore } from '../../src/domain/clients/client-store';
import { newId, newSecret } from '../../src/domain/credentials/secret';
import { type User, UserStore } from '../../src/domain/identity/user-store';
import { fixture } from '../support/run/fixture';
import { hostileIds } from '../support/service/hostile-values';
import { openEmptyStore } from '../support/stores/open-empty-store';
import { type OpenStores, openStores } from '../support/stores/open-stores';
import { bothStores } from '../support/stores/stores';

/** What the stores of records have in common. */
interface Store<Value> {
  find(id: string): Value | undefined | Promise<Value | undefined>;
  add(value: Value): Promise<boolean>;
  change(id: string, change: (value: Value) => Value): Promise<Value | undefined>;
  remove(id: string): Promise<boolean | void>;
  save?(value: Value): Promise<void>;
}

interface CheckingStore<Value> extends Store<Value> {
  remove(id: string, check?: (value: Value) => void): Promise<boolean>;
}

interface Kind<Value, ItsStore extends Store<Value> = Store<Value>> {
  /** By which one takes the place of another. */
  readonly verbs: readonly ('change' | 'save')[];
  readonly storeIn: (stores: OpenStores) => ItsStore;
  readonly idOf: (value: Value) => string;
  /** A new one with every field. */
  readonly complete: () => Value;
  /** The same one with the least. */
  readonly least: (complete: Value) => Value;
  /** Others with its key, however that is written. */
  readonly likeIt: (value: Value) => readonly Value[];
  readonly withWord: (value: Value, word: string) => Value;
  readonly wordsOf: (value: Value) => readonly string[];
}

const time = 1_700_000_000_000;

const clients: Kind<Client, ClientStore> = {
  verbs: ['change', 'save'],
  storeIn: (stores) => stores.get(ClientStore),
  idOf: ({ clientId }) => clientId,
  complete: (): Required<Client> => ({
    clientId: newId(),
    name: 'A client',
    clientUri: 'https://client.example',
    logoUri: 'https://client.example/logo.png',
    authentication: 'private_key_jwt',
    secretMethod: 'client_secret_post',
    secrets: [{ hash: 'hash' }, { hash: 'former', until: time }],
    jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x', kid: 'k', 'x5t#S256': 'a.b$c' }] },
    jwksUri: 'https://client.example/jwks',
    applicationType: 'native',
    redirectUris: ['https://client.example/callback'],
    postLogoutRedirectUris: ['https://client.example/'],
    backchannelLogoutUri: 'https://client.example/ended',
    grantTypes: ['authorization_code'],
    firstParty: true,
    requireState: false,
    scopes: ['openid'],
    defaultResource: 'https://api.client.example',
    idTokenClaims: true,
    refreshTokenGrace: 0,
    requirePushedAuthorizationRequests: true,
    dpopBoundAccessTokens: true,
    dpopNonceRequired: true,
    walletOrigin: 'https://client.example',
    walletMessage: 'wallet',
    walletChallengeLifetime: 60,
    synthetic: true,
    registeredAt: 1_000,
    registeredBy: 'run',
    registrationTokenHash: 'hash of a token',
    everyScope: true,
    freshUntil: 2_000,
    expiresAt: Date.now() + 60_000,
    idTokenAlgorithm: 'EdDSA',
    demo: false,
    managed: true,
  }),
  least: ({ clientId, name, authentication, firstParty, idTokenAlgorithm, demo }) => {
    return { clientId, name, authentication, redirectUris: [], firstParty, scopes: [], idTokenAlgorithm, demo };
  },
  likeIt: (client) => [{ ...client, name: 'Another' }],
  withWord: (client, word) => ({ ...client, scopes: [...client.scopes, word] }),
  wordsOf: ({ scopes }) => scopes,
};

const users: Kind<User> = {
  verbs: ['change', 'save'],
  storeIn: (stores) => stores.get(UserStore),
  idOf: ({ id }) => id,
  complete: (): Required<User> => ({
    id: newId(),
    username: `Ünï code ${newId()}`,
    passwordHash: '$argon2id$…',
    passwordVersion: 'of the hash before',
    name: 'Anna Karenina',
    email: 'user@example.com',
    emailVerified: true,
    picture: 'https://user.example/picture.png',
    disabled: true,
    endingDue: 'a time',
    updatedAt: time,
    demo: false,
    userHandle: newSecret(),
    passkeys: [
      {
        id: newId(),
        credentialId: newSecret(),
        publicKey: newSecret(),
        counter: 2 ** 32 - 1,
        transports: ['internal', 'hybrid'],
        name: 'Ünï phone',
        synced: true,
        createdAt: time,
        lastUsedAt: time,
        suspected: true,
        trusted: false,
      },
    ],
    wallets: [
      { address: '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045', chainId: 8453, contract: true, createdAt: time },
    ],
    recoveryCodes: [newSecret()],
    operatorRole: 'support',
    links: [{ purpose: 'email', secretHash: newSecret(), expiresAt: time, usedAt: time, email: 'user@example.com' }],
    unverifiedUntil: time,
    managed: true,
  }),
  least: ({ id, username, demo }) => ({ id, username, demo }),
  likeIt: (user) =>
    [user.username, user.username.toUpperCase(), user.username.toLowerCase()].map((username) => {
      return { ...user, id: newId(), username };
    }),
  withWord: (user, word) => ({ ...user, name: `${user.name ?? ''} ${word}`.trim() }),
  wordsOf: ({ name }) => name?.split(' ') ?? [],
};

const apis: Kind<Api, ApiStore> = {
  verbs: ['change'],
  storeIn: (stores) => stores.get(ApiStore),
  idOf: ({ id }) => id,
  complete: (): Required<Api> => ({
    id: newId(),
    identifier: `https://${newId().replace(/\W/g, 'x').toLowerCase()}.example`,
    name: 'Notes, für alle',
    scopes: [{ name: 'notes:read', description: 'Read your notes' }],
    allowRegisteredClients: false,
    accessTokenLifetime: 60,
    secrets: [{ hash: 'hash' }, { hash: 'former', until: time }],
    managed: true,
  }),
  least: ({ id, identifier, name, allowRegisteredClients }) => {
    return { id, identifier, name, scopes: [], allowRegisteredClients };
  },
  likeIt: (api) =>
    [api.identifier, `${api.identifier}/`].map((identifier) => {
      return { ...api, id: newId(), identifier };
    }),
  withWord: (api, name) => ({ ...api, scopes: [...api.scopes, { name, description: name }] }),
  wordsOf: ({ scopes }) => scopes.map(({ name }) => name),
};

describe.each(bothStores)('the records on %s:', (name) => {
  const here = fixture(() => openEmptyStore(name));
  const elsewhere = fixture(() => openStores(here));

  /** What another process has changed counts by then. */
  const later = () => here.clock.advance(5_000);

  function behaveAsRecords<Value extends object>(what: string, kind: Kind<Value>): void {
    const { verbs, idOf, complete, least, likeIt, withWord, wordsOf } = kind;
    const store = () => kind.storeIn(here);
    /** Of two processes, in turn. */
    const storeAt = (place: number) => kind.storeIn(place % 2 === 0 ? here : elsewhere);
    const added = async (value = complete()) => {
      expect(await store().add(value)).toBe(true);
      return value;
    };

    describe(what, () => {
      it.each(verbs)(
        'given one with every field, when the same one with the least takes its place by %s, and it again, then nothing of the other is left',
        async (verb) => {
          const first = await added();
          const found = [await store().find(idOf(first))];
          for (const value of [least(first), first]) {
            if (verb === 'save') await store().save?.(value);
            else await store().change(idOf(first), () => value);
            found.push(await store().find(idOf(first)));
          }

          expect(found).toStrictEqual([first, least(first), first]);
        },
      );

      it('given a key that is taken, however it is written, when another is added, then the first one stays', async () => {
        const first = await added();

        for (const other of likeIt(first)) {
          expect(await store().add(other)).toBe(false);
          if (idOf(other) !== idOf(first)) expect(await store().find(idOf(other))).toBeUndefined();
        }

        expect(await store().find(idOf(first))).toStrictEqual(first);
      });

      it('given 20 additions of one key at once, in two processes, when they are over, then one was added', async () => {
        const first = complete();
        const all = Array.from({ length: 20 }, () => likeIt(first)[0] ?? first);

        const answers = await Promise.all(all.map((value, place) => storeAt(place).add(value)));

        expect(answers.filter(Boolean)).toHaveLength(1);
      });

      it('given changes at once, in two processes, when they are over, then none of them is lost', async () => {
        const first = await added(least(complete()));
        const words = Array.from({ length: 6 }, (_, place) => `word${place}`);

        await Promise.all(
          words.map((word, place) => storeAt(place).change(idOf(first), (value) => withWord(value, word))),
        );
        later();

        const found = await store().find(idOf(first));
        expect(found && wordsOf(found).toSorted()).toEqual(words);
      });

      it('given a change that throws, or of what is not there, when it is asked for, then nothing is stored', async () => {
        const first = await added();

        const changing = store().change(idOf(first), () => {
          throw new RangeError('not so');
        });

        await expect(changing).rejects.toThrow(RangeError);
        expect(await store().find(idOf(first))).toStrictEqual(first);
        expect(await store().change(newId(), (value) => value)).toBeUndefined();
      });

      it('given two, when one is removed, again and once more, then it alone is gone, and its key is free', async () => {
        const [gone, other] = [await added(), await added()];

        for (const id of [idOf(gone), idOf(gone), '\0']) await store().remove(id);

        expect(await store().find(idOf(gone))).toBeUndefined();
        expect(await store().find(idOf(other))).toStrictEqual(other);
        for (const successor of likeIt(gone).slice(-1)) await added(successor);
      });

      it('given hostile ids, when they are asked for, then nothing is there', async () => {
        const found = await Promise.all(hostileIds.map((id) => store().find(id)));

        expect(found.filter((each) => each !== undefined)).toEqual([]);
      });
    });
  }

  function removeWithChecks<Value extends object>(
    what: string,
    { storeIn, idOf, complete, least, withWord, wordsOf }: Kind<Value, CheckingStore<Value>>,
  ): void {
    const storeAt = (place: number) => storeIn(place % 2 === 0 ? here : elsewhere);
    const added = async () => {
      const value = least(complete());
      await storeAt(0).add(value);
      return value;
    };
    const assertWordless = (value: Value) => {
      if (wordsOf(value).includes('word')) throw new RangeError('not so');
    };

    describe(`${what} that are removed with a check`, () => {
      it('given a check that throws, when one is removed, then it stays, and else it is gone', async () => {
        const first = await added();
        const checked: Value[] = [];

        const refused = storeAt(0).remove(idOf(first), () => {
          throw new RangeError('not so');
        });
        await expect(refused).rejects.toThrow(RangeError);
        const found = await storeAt(0).find(idOf(first));
        const answers = [];
        for (let removals = 0; removals < 2; removals += 1) {
          answers.push(await storeAt(0).remove(idOf(first), (value) => void checked.push(value)));
        }

        expect([found, checked]).toStrictEqual([first, [first]]);
        expect([answers, await storeAt(0).remove(idOf(first))]).toEqual([[true, false], false]);
        expect(await storeAt(0).find(idOf(first))).toBeUndefined();
      });

      it('given ten removals of one at once, in two processes, when they are over, then one has removed it', async () => {
        const first = await added();
        const removals = Array.from({ length: 10 }, (_, place) => storeAt(place).remove(idOf(first), assertWordless));

        expect((await Promise.all(removals)).filter(Boolean)).toHaveLength(1);
      });

      it('given a change and removals that do not allow it at once, when they are over, then only one came about', async () => {
        const first = await added();
        const removing = (place: number) => storeAt(place).remove(idOf(first), assertWordless);

        const [before, changed, after] = await Promise.allSettled([
          removing(0),
          storeAt(1).change(idOf(first), (value) => withWord(value, 'word')),
          removing(2),
        ]);
        later();

        const isRemoved = [before, after].some((each) => each.status === 'fulfilled' && each.value);
        expect(changed).toMatchObject({ status: 'fulfilled' });
        expect(changed.status === 'fulfilled' && changed.value === undefined).toBe(isRemoved);
        expect((await storeAt(0).find(idOf(first))) === undefined).toBe(isRemoved);
      });
    });
  }

  behaveAsRecords('clients', clients);
  behaveAsRecords('users', users);
  behaveAsRecords('APIs', apis);
  removeWithChecks('clients', clients);
  removeWithChecks('APIs', apis);
});

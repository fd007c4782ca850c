import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { redirectUri } from '../../../test/support/clients/pkce-login.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { type ClientOptions, type Fetch, memoryStorage, sharedStorage, type TokenSet } from '../src/index.ts';
import { createSessionClient, type SessionClient, type SessionEvent, type SessionSnapshot } from '../src/session.ts';
import { caught } from './support/caught.ts';
import { endUser } from './support/end-user.ts';

const claims = { iss: 'https://login.example.com', sub: 'user0', aud: 'demo-spa', exp: 2, iat: 1 };
/** Of a login elsewhere, which cannot be refreshed. */
const accessOf = (login: string, expiresAt = Date.now() + 3_600_000): TokenSet => ({
  accessToken: `token of ${login}`,
  tokenType: 'Bearer',
  expiresAt,
  scope: ['openid'],
  claims,
  login,
});
const tokensOf = (login: string): TokenSet => ({ ...accessOf(login), refreshToken: 'a refresh token' });

/** Everything that a subscriber is told: each event with the snapshot at that time. */
function watch(client: SessionClient) {
  const told: (SessionEvent | undefined)[] = [];
  const waiting: { readonly holds: (snapshot: SessionSnapshot) => boolean; readonly resolve: () => void }[] = [];
  const look = () => {
    for (const { holds, resolve } of waiting) if (holds(client.getSnapshot())) resolve();
  };
  const stop = client.subscribe((event) => {
    told.push(event);
    look();
  });
  return {
    stop,
    events: () => told.filter((event) => event !== undefined),
    told,
    /** Resolves when the snapshot is so. */
    until: (holds: (snapshot: SessionSnapshot) => boolean) =>
      new Promise<void>((resolve) => {
        waiting.push({ holds, resolve });
        look();
      }),
    isRead() {
      return this.until(({ loading }) => !loading);
    },
  };
}

describe('the session of a client', () => {
  const opened: { close(): void }[] = [];

  const service = fixture(startService);
  const follow = endUser(service);
  afterEach(() => {
    for (const each of opened.splice(0)) each.close();
    jest.restoreAllMocks();
  });

  function newClient(options: Partial<ClientOptions> = {}): SessionClient {
    const client = createSessionClient({
      issuer: service.url,
      clientId: 'demo-spa',
      redirectUri,
      scope: 'openid offline_access',
      tokens: memoryStorage(),
      ...options,
    });
    opened.push(client);
    return client;
  }

  /** Two tabs of a browser. */
  const newTabs = () => {
    const name = randomUUID();
    return [newClient({ tokens: sharedStorage({ name }) }), newClient({ tokens: sharedStorage({ name }) })] as const;
  };

  const logIn = async (client: SessionClient) => client.finish(await follow(await client.begin()));

  it('given a client that nobody has subscribed to, when it logs in and out, then it is loading, and nothing is read for it', async () => {
    const { get, ...rest } = memoryStorage();
    let reads = 0;
    const client = newClient({ tokens: { ...rest, get: (key) => ((reads += 1), get(key)) } });

    const first = client.getSnapshot();
    await client.adopt(tokensOf('one'));
    const readsOfLogin = reads;

    expect(first).toEqual({ loading: true, loggedIn: false, user: undefined, error: undefined });
    expect([readsOfLogin, client.getSnapshot()]).toEqual([0, first]);
  });

  it('given tokens in the storage, when somebody subscribes, then the snapshot has their claims, and no event is told', async () => {
    const client = newClient();
    await client.adopt(tokensOf('one'));

    const watched = watch(client);
    await watched.isRead();

    expect(client.getSnapshot()).toEqual({ loading: false, loggedIn: true, user: claims, error: undefined });
    expect(watched.told).toEqual([undefined]);
  });

  it('given a subscriber, when somebody logs in and out, then both are told, and the snapshot is there with the result', async () => {
    const client = newClient();
    const watched = watch(client);
    await watched.isRead();

    const { tokens } = await logIn(client);
    const during = client.getSnapshot();
    await client.revoke();
    const after = client.getSnapshot();
    await watched.until(({ loggedIn }) => !loggedIn);

    expect(during).toMatchObject({ loggedIn: true, user: tokens.claims });
    expect(after).toMatchObject({ loggedIn: false, user: undefined });
    expect(watched.events()).toEqual([
      { type: 'login', elsewhere: false },
      { type: 'logout', elsewhere: false },
    ]);
  });

  it('given nothing new, when the tokens change, then the snapshot and its user stay the same objects', async () => {
    const client = newClient();
    await client.adopt(tokensOf('one'));
    const watched = watch(client);
    await watched.isRead();
    const before = client.getSnapshot();

    await client.adopt({ ...tokensOf('two'), claims: { ...claims } });

    expect(client.getSnapshot()).toBe(before);
    expect(client.getSnapshot().user).toBe(before.user);
  });

  it('given two tabs, when one logs in, refreshes and logs out, then the other tells login and logout as of another tab', async () => {
    const [tab, other] = newTabs();
    const watched = watch(other);
    await watched.isRead();

    await logIn(tab);
    await watched.until(({ loggedIn }) => loggedIn);
    const { iat } = other.getSnapshot().user ?? {};
    await tab.refresh();
    await tab.revoke();
    await watched.until(({ loggedIn }) => !loggedIn);

    expect(iat).toBeGreaterThan(0);
    expect(watched.events()).toEqual([
      { type: 'login', elsewhere: true },
      { type: 'logout', elsewhere: true },
    ]);
  });

  it('given a tab that is logged in, when another logs in anew, then that is told as a login of another tab', async () => {
    const [tab, other] = newTabs();
    await tab.adopt(tokensOf('one'));
    const watched = watch(other);
    await watched.until(({ loggedIn }) => loggedIn);

    await tab.adopt({ ...tokensOf('two'), claims: { ...claims, sub: 'user1' } });
    await watched.until(({ user }) => user?.sub === 'user1');

    expect(watched.events()).toEqual([{ type: 'login', elsewhere: true }]);
  });

  it('given two wallets that log in one after the other, when the client adopts their tokens, then each is told as a login', async () => {
    const client = newClient();
    const watched = watch(client);
    await watched.isRead();
    const ofWallet = { accessToken: 'one', tokenType: 'Bearer', expiresAt: Date.now() + 3_600_000, scope: [] } as const;

    await client.adopt(ofWallet);
    await client.adopt({ ...ofWallet, accessToken: 'other' });
    await watched.until(({ loggedIn }) => loggedIn);

    expect(watched.events().map(({ type }) => type)).toEqual(['login', 'login']);
    expect(client.getSnapshot()).toEqual({ loading: false, loggedIn: true, user: undefined, error: undefined });
  });

  it('given an access token without a refresh token, when it expires, then that is told without anybody asking', async () => {
    const client = newClient();
    const watched = watch(client);
    await client.adopt(accessOf('one', Date.now() + 50));

    await watched.until(({ loading, loggedIn }) => !loading && !loggedIn);

    expect(watched.events()).toEqual([
      { type: 'login', elsewhere: false },
      { type: 'expiry', elsewhere: false },
    ]);
    expect(client.getSnapshot().error).toBeUndefined();
  });

  it('given a token that outlives every timer, when it is watched, then no timer is longer than the platform takes', async () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const client = newClient();
    const watched = watch(client);

    await client.adopt(accessOf('one', Date.now() + 2 ** 40));

    expect(Math.max(...timers.mock.calls.map(([, ms = 0]) => ms))).toBe(2 ** 31 - 1);
    expect(watched.events().map(({ type }) => type)).toEqual(['login']);
  });

  it('given a grant that has ended, when it is refreshed, then an expiry is told, and its error stays until the next login', async () => {
    let answer: Fetch | undefined;
    const client = newClient({
      fetch: (url, init) => (init?.method === 'POST' && answer ? answer(url, init) : fetch(url, init)),
    });
    const watched = watch(client);
    await logIn(client);
    answer = async () => Response.json({ error: 'invalid_grant', reason: 'grant_revoked' }, { status: 400 });

    const error = await caught(client.refresh());
    const ended = client.getSnapshot();
    answer = undefined;
    await client.begin();

    expect(ended).toEqual({ loading: false, loggedIn: false, user: undefined, error });
    expect(error.code).toBe('invalid_grant');
    expect(watched.events().at(-1)).toEqual({ type: 'expiry', elsewhere: false });
    expect(client.getSnapshot().error).toBeUndefined();
  });

  it('given a callback with an error, when it is finished, then the snapshot has it, before anybody subscribes', async () => {
    const client = newClient();
    const callback = new URL(await follow(await client.begin()));
    callback.searchParams.set('error', 'access_denied');

    const error = await caught(client.finish(callback.href));

    expect(error.code).toBe('access_denied');
    expect(client.getSnapshot().error).toBe(error);
  });

  it('given an effect that runs twice, when it subscribes, ends that and subscribes again, then each event is told once', async () => {
    const client = newClient();
    const events: unknown[] = [];
    const listener = (event: unknown) => event !== undefined && void events.push(event);

    client.subscribe(listener)();
    const stop = client.subscribe(listener);
    const watched = watch(client);
    await watched.isRead();
    await client.adopt(tokensOf('one'));
    await watched.until(({ loggedIn }) => loggedIn);
    stop();
    await client.revoke().catch(() => undefined);
    await watched.until(({ loggedIn }) => !loggedIn);

    expect(events).toEqual([{ type: 'login', elsewhere: false }]);
  });

  it('given one function that subscribes twice, when one of the two ends, then the other is still called', async () => {
    const client = newClient();
    let calls = 0;
    const listener = () => void (calls += 1);
    const stop = client.subscribe(listener);
    client.subscribe(listener);

    stop();
    stop();
    await watch(client).isRead();

    expect(calls).toBe(1);
  });

  it('given a listener that throws, when somebody logs in, then the login succeeds, and the others are told', async () => {
    const thrown: unknown[] = [];
    // Where the platform reports what a task throws.
    jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
      try {
        task();
      } catch (error) {
        thrown.push(error);
      }
    });
    const client = newClient();
    const fault = new Error('of a listener');
    client.subscribe((event) => {
      if (event !== undefined) throw fault;
    });
    const watched = watch(client);
    await watched.isRead();

    await client.adopt(tokensOf('one'));

    expect(thrown).toEqual([fault]);
    expect(watched.events()).toEqual([{ type: 'login', elsewhere: false }]);
  });

  it('given a storage that fails for a moment, when it is read, then nobody is logged out', async () => {
    const storage = memoryStorage();
    let isFailing = false;
    let changed: (() => void) | undefined;
    const client = newClient({
      tokens: {
        ...storage,
        get: (key) => (isFailing ? Promise.reject(new Error('the keychain is locked')) : storage.get(key)),
        onChange: (listener) => ((changed = listener), () => {}),
      },
    });
    await client.adopt(tokensOf('one'));
    const watched = watch(client);
    await watched.until(({ loggedIn }) => loggedIn);

    isFailing = true;
    changed?.();
    await client.accessToken().catch(() => undefined);
    isFailing = false;
    await client.adopt(tokensOf('two'));

    expect(watched.events()).toEqual([{ type: 'login', elsewhere: false }]);
    expect(client.getSnapshot().loggedIn).toBe(true);
  });

  it('given a client that is closed, when it and its storage are used, then nothing fails, and nobody is told', async () => {
    const [tab, other] = newTabs();
    const watched = watch(tab);
    await watched.isRead();

    tab.close();
    tab.close();
    const stop = tab.subscribe(() => watched.told.push({ type: 'login', elsewhere: true }));
    stop();
    watched.stop();
    await other.adopt(tokensOf('of another tab'));
    await tab.adopt(tokensOf('one'));
    const held = await tab.tokens();

    expect(held?.login).toBe('one');
    expect((await other.tokens())?.login).toBe('of another tab');
    expect(watched.events()).toEqual([]);
  });

  it('given a subscriber, when the client is closed, then no timer keeps what it watches', async () => {
    const cleared = jest.spyOn(globalThis, 'clearTimeout');
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const client = newClient();
    const watched = watch(client);
    await watched.isRead();
    await client.adopt(accessOf('one'));
    const timer = timers.mock.results.at(-1)?.value;

    client.close();

    expect(cleared.mock.calls.flat()).toContain(timer);
  });
});

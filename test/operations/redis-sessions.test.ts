import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { redisLocks, redisSessionStore } from '../../packages/client/src/web/redis';
import { createWebLogin, loginRoutes, requireLogin, type WebLogin } from '../../packages/client/src/web/next';
import { newGate } from '../../packages/client/test/support/gate';
import { startIssuer } from '../../packages/client/test/support/issuer';
import { asListener } from '../../packages/client/test/web/fetch-server';
import { admin, adminToken } from '../support/operations/admin';
import { type RedisConnection, startRedis } from '../support/operations/redis';
import { BrowserSession, sessionIdOf } from '../support/clients/browser-session';
import { loggedIn } from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { eventually } from '../support/run/eventually';
import { fixture } from '../support/run/fixture';
import { freePort } from '../support/run/free-port';
import { serveLocally } from '../support/run/local-server';
import { startService } from '../support/service/service';

const redis = fixture(startRedis);

/** The client of the package `redis`, and one in the shape of `ioredis`. */
const shapes: Readonly<Record<string, (connection: RedisConnection) => Parameters<typeof redisSessionStore>[0]>> = {
  redis: (connection) => connection,
  ioredis: (connection) => ({ call: (...command: string[]) => connection.sendCommand(command) }),
};

describe.each(Object.keys(shapes))('what is kept in Redis by a client like that of %s', (shape) => {
  let connection: RedisConnection;
  let client: Parameters<typeof redisSessionStore>[0];
  beforeAll(async () => {
    connection = await redis.connect();
    client = shapes[shape]?.(connection) ?? connection;
  });
  beforeEach(async () => {
    await connection.flushAll();
  });

  it('given a value, when it is set, replaced and removed, then each is read, and nothing is left', async () => {
    const store = redisSessionStore(client);
    const value = `1 {"a":"${'ü€😀"\r\n'.repeat(2_000)}"}`;

    const none = await store.get('session.one');
    await store.set('session.one', 'former', 60);
    await store.set('session.one', value, 60);
    const found = await store.get('session.one');
    await store.remove('session.one');
    await store.remove('session.one');

    expect([none, found === value, await store.get('session.one')]).toEqual([undefined, true, undefined]);
    expect(await connection.dbSize()).toBe(0);
  });

  it('given a lifetime, when a value is set, then Redis forgets it at its end', async () => {
    const store = redisSessionStore(client);
    await store.set('session.long', 'tokens', 43_200);
    await store.set('session.short', 'tokens', 0.05);

    const left = await connection.pTTL('tessera:session.long');

    expect(left).toBeGreaterThan(43_100_000);
    expect(left).toBeLessThanOrEqual(43_200_000);
    await eventually(async () => (await store.get('session.short')) === undefined, { withinMs: 10_000, everyMs: 5 });
  });

  it('given two applications with prefixes of their own, when they share a database, then neither reads the other', async () => {
    const [one, other] = ['one:', 'other:'].map((prefix) => redisSessionStore(client, { prefix }));
    await one?.set('session.a', 'tokens', 60);

    expect([await one?.get('session.a'), await other?.get('session.a')]).toEqual(['tokens', undefined]);
    expect(await connection.keys('*')).toEqual(['one:session.a']);
  });

  it('given many tasks for one name, when they are requested at once, then one runs at a time, also after one that failed', async () => {
    const locks = [redisLocks(client), redisLocks(await redis.connect())];
    let [running, most] = [0, 0];
    const task = async (index: number) => {
      running += 1;
      most = Math.max(most, running);
      await connection.ping();
      running -= 1;
      if (index === 0) throw new Error('the first one failed');
      return index;
    };

    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => locks[index % 2]?.request('a session', () => task(index))),
    );

    expect(most).toBe(1);
    expect(results.map(({ status }) => status)).toEqual(['rejected', ...Array.from({ length: 19 }, () => 'fulfilled')]);
    expect(await connection.dbSize()).toBe(0);
  });

  it('given a process that was killed while it held a lock, when its time is over, then the next one begins', async () => {
    await connection.set('tessera:lock.a session', 'a killed process', { PX: 100 });

    expect(await redisLocks(client).request('a session', async () => 'done')).toBe('done');
  });

  it('given a task that outlives its lock, when it ends, then it does not release the lock of the next one', async () => {
    const locks = redisLocks(client);
    const [hasBegun, isOver] = [newGate(), newGate()];
    const former = locks.request('a session', () => hasBegun.wait(), 50);
    const next = locks.request('a session', async () => {
      hasBegun.open();
      await isOver.wait();
      return connection.exists('tessera:lock.a session');
    });

    await former;
    isOver.open();

    expect(await next).toBe(1);
  });

  it('given another name inside a task, when it is requested, then it does not wait', async () => {
    const locks = redisLocks(client);

    const result = locks.request('login', () => locks.request('tokens', async () => 'done'));

    expect(await result).toBe('done');
  });
});

describe('a web application of two processes that share a Redis', () => {
  let ahead: number;
  let tokenRequests: number;
  let turn: number;

  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));
  const app = fixture(async () => {
    const port = await freePort();
    const origin = `http://localhost:${port}`;
    const { clientId } = await registerClient(service, {
      redirectUris: [`${origin}/auth/callback`],
      backchannelLogoutUri: `${origin}/auth/backchannel-logout`,
    });
    const processOf = (connection: RedisConnection) => {
      const login = createWebLogin({
        issuer: service.url,
        clientId,
        origin,
        scope: 'openid offline_access',
        sessions: redisSessionStore(connection),
        locks: redisLocks(connection),
        now: () => Date.now() + ahead,
        fetch: (url, init) => {
          if (url === `${service.url}/token`) tokenRequests += 1;
          return fetch(url, init);
        },
      });
      const { GET, POST } = loginRoutes(login);
      const page = requireLogin(login, ({ url }, { claims, fetch: ask }) =>
        url.endsWith('/me') ? ask(`${service.url}/api/me`) : Response.json({ of: claims?.sub }),
      );
      return (request: Request) => {
        if (['/page', '/me'].includes(new URL(request.url).pathname)) return page(request);
        return request.method === 'POST' ? POST(request) : GET(request);
      };
    };
    const processes = [processOf(await redis.connect()), processOf(await redis.connect())];
    // Every other request reaches the other process.
    const balanced = async (request: Request) => {
      turn += 1;
      return (await processes[turn % 2]?.(request)) ?? Response.error();
    };
    return { origin, ...(await serveLocally(asListener(balanced), { host: 'localhost', port })) };
  });
  beforeEach(() => {
    [ahead, tokenRequests, turn] = [0, 0, 0];
  });

  /** Where the browser comes back to. */
  async function callbackOf(browser: BrowserSession, atService?: BrowserSession): Promise<string> {
    const request = (await browser.fetch('/auth/login')).headers.get('location') ?? '';
    const { headers } = await (atService ?? (await loggedIn(service))).fetch(request);
    return headers.get('location') ?? '';
  }
  async function logIn(atService?: BrowserSession): Promise<BrowserSession> {
    const browser = new BrowserSession(app.origin);
    await browser.fetch(await callbackOf(browser, atService));
    return browser;
  }

  it('given a login that is begun at one, when it ends at the other, then both serve its end-user, until they log out at one', async () => {
    const browser = await logIn();
    const pages = await statusesOf(browser, '/me');
    await browser.fetch('/auth/logout', { method: 'POST', headers: { origin: app.origin } });

    expect(pages).toEqual([200, 200]);
    expect(await statusesOf(browser)).toEqual([401, 401]);
  });

  it('given an access token that has expired, when both are asked at once, then it is refreshed once', async () => {
    const browser = await logIn();
    ahead = 0.26 * 3_600_000;
    tokenRequests = 0;

    const pages = await statusesOf(browser, '/me', 10);

    expect(pages).toEqual(Array.from({ length: 10 }, () => 200));
    expect(tokenRequests).toBe(1);
  });

  it('given a callback, when it reaches both at once, then its code is redeemed once, and the session lives', async () => {
    const browser = new BrowserSession(app.origin);
    const callback = await callbackOf(browser);

    const answers = await Promise.all([browser.fetch(callback), browser.fetch(callback)]);

    const [first, second] = answers.map(({ status }) => status).toSorted((one, other) => one - other);
    expect([first, second, tokenRequests]).toEqual([303, 400, 1]);
    expect(await statusesOf(browser, '/me')).toEqual([200, 200]);
  });

  it('given two browsers of a user, when the session of one ends at the service, then that one is logged out at both', async () => {
    const [one, other] = [await loggedIn(service), await loggedIn(service)];
    const [first, second] = [await logIn(one), await logIn(other)];

    await admin(service, 'DELETE', `/sessions/${sessionIdOf(one)}`);

    await eventually(async () => (await statusesOf(first)).every((status) => status === 401), { withinMs: 30_000 });
    expect(await statusesOf(second)).toEqual([200, 200]);
  });
});

describe('a logout token that reaches one of two processes', () => {
  const origin = 'https://app.example.com';
  let logins: readonly WebLogin[];
  let claims: object;
  let now: number;

  const issuer = fixture(startIssuer);
  beforeEach(async () => {
    now = Date.now();
    const connections = [await redis.connect(), await redis.connect()];
    logins = connections.map((connection) =>
      createWebLogin({
        issuer: issuer.url,
        clientId: 'my-site',
        origin,
        sessions: redisSessionStore(connection),
        now: () => now,
        fetch: async (url, init) =>
          init?.method === 'POST'
            ? Response.json({
                access_token: 'a',
                token_type: 'Bearer',
                expires_in: 900,
                id_token: await signed(claims),
              })
            : fetch(url, init),
      }),
    );
  });

  const signed = (changes: object, typ = 'JWT') => {
    const iat = Math.floor(now / 1_000);
    return issuer.sign({ iss: issuer.url, aud: 'my-site', iat, exp: iat + 120, ...changes }, { typ });
  };
  const requestOf = (url: string, cookie?: string) =>
    new Request(new URL(url, origin), { headers: { cookie: cookie?.split(';')[0] ?? '' } });

  /** The cookie of a browser whose end-user has logged in. */
  async function logIn(sub: string, sid: string): Promise<string> {
    const begun = await logins[0]?.handle(requestOf('/auth/login'));
    const query = new URL(begun?.headers['location'] ?? '').searchParams;
    claims = { sub, sid, nonce: query.get('nonce') };
    const answer = new URLSearchParams({ code: 'a-code', state: query.get('state') ?? '' });
    const finished = await logins[1]?.handle(requestOf(`/auth/callback?${answer}`, begun?.cookies[0]));
    return finished?.cookies[0] ?? '';
  }
  const areLoggedIn = (cookie: string) =>
    Promise.all(logins.map(async (login) => (await login.session(requestOf('/', cookie))) !== undefined));
  const end = async (of: object) => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const token = await signed({ jti: String(Math.random()), events, ...of }, 'logout+jwt');
    const body = new URLSearchParams({ logout_token: token });
    return logins[0]?.handle(new Request(`${origin}/auth/backchannel-logout`, { method: 'POST', body }));
  };

  it.each([
    ['a session', { sid: 'sid-1' }, [false, true, true]],
    ['an end-user', { sub: 'user0' }, [false, false, true]],
  ])('given one that names %s, when it is posted, then both have logged out whom it names', async (_, of, live) => {
    const cookies = [await logIn('user0', 'sid-1'), await logIn('user0', 'sid-2'), await logIn('user1', 'sid-3')];

    const done = await end(of);

    expect(done?.status).toBe(200);
    expect(await Promise.all(cookies.map(areLoggedIn))).toEqual(live.map((isLive) => [isLive, isLive]));
  });
});

/** Of so many requests at once. */
async function statusesOf(browser: BrowserSession, path = '/page', count = 2): Promise<number[]> {
  const responses = await Promise.all(Array.from({ length: count }, () => browser.fetch(path)));
  return responses.map(({ status }) => status);
}

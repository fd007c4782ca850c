import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { admin, adminToken } from '../../../../test/support/operations/admin.ts';
import { sessionIdOf } from '../../../../test/support/clients/browser-session.ts';
import { eventually } from '../../../../test/support/run/eventually.ts';
import { loggedIn } from '../../../../test/support/clients/pkce-login.ts';
import { fixture } from '../../../../test/support/run/fixture.ts';
import { startService } from '../../../../test/support/service/service.ts';
import { createWebLogin, type WebLogin } from '../../src/web/express.ts';
import type { Fetch } from '../../src/answer.ts';
import { newGate } from '../support/gate.ts';
import { startIssuer } from '../support/issuer.ts';
import { storageOver } from '../support/storages.ts';
import { listeners, runApplication, statusOf } from './applications.ts';

const formOf = (token: string) => new URLSearchParams({ logout_token: token });

const event = 'http://schemas.openid.net/event/backchannel-logout';

describe.each(Object.keys(listeners))('a logout elsewhere, at a web application on %s', (name) => {
  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));
  const app = fixture(() => runApplication(service, name));

  it('given two browsers of a user, when the session of one ends at the service, then that one is logged out here', async () => {
    const [one, other] = [await loggedIn(service), await loggedIn(service)];
    const [first, second] = [await app.logIn(one), await app.logIn(other)];

    await admin(service, 'DELETE', `/sessions/${sessionIdOf(one)}`);

    await eventually(async () => (await statusOf(first)) === 401, { withinMs: 30_000 });
    expect(await statusOf(second)).toBe(200);
  });

  it.each([
    ['nothing', ''],
    ['what is no token', 'logout_token=none'],
    ['16 KB', `logout_token=${'a'.repeat(20_000)}`],
  ])('given a stranger who posts %s, then it is 400, in no cache, and quotes nothing', async (_, body) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await fetch(`${app.origin}/auth/backchannel-logout`, { method: 'POST', headers, body });

    expect([response.status, response.headers.get('cache-control')]).toEqual([400, 'no-store']);
    expect(await response.json()).toEqual({
      error: 'invalid_request',
      error_description: 'The logout token has a wrong typ',
    });
  });
});

describe('a logout token', () => {
  const origin = 'https://app.example.com';
  let login: WebLogin;
  let stored: Map<string, string>;
  let now: number;
  /** Asked in place of the issuer's token endpoint. */
  let answer: Fetch;

  const issuer = fixture(startIssuer);
  beforeEach(() => {
    stored = new Map();
    now = Date.now();
    login = applicationOf('my-site');
  });
  afterEach(() => {
    issuer.isFailing = false;
  });

  const applicationOf = (clientId: string) =>
    createWebLogin({
      issuer: issuer.url,
      clientId,
      origin,
      now: () => now,
      fetch: (url, init) => (init?.method === 'POST' ? answer(url, init) : fetch(url, init)),
      sessions: storageOver(stored),
    });

  const tokensOf = async (claims: object, clientId = 'my-site') => {
    const iat = Math.floor(now / 1_000);
    const id = { iss: issuer.url, aud: clientId, iat, exp: iat + 300, ...claims };
    const tokens = { access_token: `a-${Math.random()}`, token_type: 'Bearer', expires_in: 900, refresh_token: 'r' };
    return Response.json({ ...tokens, id_token: await issuer.sign(id) });
  };

  /** The header `Cookie` of a browser whose end-user has logged in. */
  async function logIn(sub: string, sid: string, at = login, clientId = 'my-site'): Promise<string> {
    const begun = await at.handle(new Request(`${origin}/auth/login`));
    const url = new URL(begun?.headers['location'] ?? '');
    const [state = '', nonce] = ['state', 'nonce'].map((each) => url.searchParams.get(each) ?? '');
    answer = () => tokensOf({ sub, sid, nonce }, clientId);
    const callback = `${origin}/auth/callback?${new URLSearchParams({ code: 'a-code', state })}`;
    const finished = await at.handle({ method: 'GET', url: callback, ...cookieOf(begun?.cookies[0] ?? '') });
    return finished?.cookies[0]?.split(';')[0] ?? '';
  }
  const isLoggedIn = async (cookie: string, at = login) => (await at.session(cookieOf(cookie))) !== undefined;

  const claimsOf = (changes: object = {}) => {
    const iat = Math.floor(now / 1_000);
    const jti = String(Math.random());
    return { iss: issuer.url, aud: 'my-site', iat, exp: iat + 120, jti, events: { [event]: {} }, ...changes };
  };
  const logoutToken = (changes: object = {}, header: object = {}) =>
    issuer.sign(claimsOf(changes), { typ: 'logout+jwt', ...header });
  const post = (token: string, body: BodyInit = formOf(token)) =>
    login.handle(new Request(`${origin}/auth/backchannel-logout`, { method: 'POST', body }));

  it('given one that names a session, when it is posted, then that session is over, and no other', async () => {
    const [one, other] = [await logIn('user0', 'sid-1'), await logIn('user0', 'sid-2')];

    const done = await post(await logoutToken({ sub: 'user0', sid: 'sid-1' }));

    expect(done).toMatchObject({ status: 200, body: '', headers: { 'cache-control': 'no-store' } });
    expect([await isLoggedIn(one), await isLoggedIn(other)]).toEqual([false, true]);
    expect([...stored.keys()].filter((key) => key.startsWith('session.'))).toHaveLength(1);
  });

  it('given one that names an end-user, when it is posted, then all their sessions are over, and those of nobody else, nor a later one', async () => {
    const cookies = [await logIn('user0', 'sid-1'), await logIn('user0', 'sid-2'), await logIn('user1', 'sid-3')];

    const done = await post(await logoutToken({ sub: 'user0' }));
    now += 1_000;
    const later = await logIn('user0', 'sid-4');

    expect(done?.status).toBe(200);
    expect(await Promise.all([...cookies, later].map((cookie) => isLoggedIn(cookie)))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it.each([1, 2])(
    'given a store that fails at write %i of one, when the issuer repeats it, then the session is over',
    async (failing) => {
      const cookie = await logIn('user0', 'sid-1');
      const token = await logoutToken({ sid: 'sid-1' });
      const set = stored.set.bind(stored);
      let writes = 0;
      stored.set = (key, value) => {
        writes += 1;
        if (writes === failing) throw new Error('the store is away');
        return set(key, value);
      };

      await expect(post(token)).rejects.toThrow('the store is away');
      const { status } = (await post(token)) ?? {};

      expect([status, await isLoggedIn(cookie)]).toEqual([200, false]);
    },
  );

  it('given one that was used, when it is posted again, then it is refused, and who logged in since stays so', async () => {
    const token = await logoutToken({ sub: 'user0' });
    await post(token);
    now += 1_000;
    const later = await logIn('user0', 'sid-1');

    expect(await post(token)).toMatchObject({ status: 400, body: expect.stringContaining('wrong jti') });
    expect(await isLoggedIn(later)).toBe(true);
  });

  it.each<[string, string, object]>([
    ['the type of another JWT', 'typ', { header: { typ: 'JWT' } }],
    ['the type of an access token', 'typ', { header: { typ: 'at+jwt' } }],
    ['no type', 'typ', { header: { typ: undefined } }],
    ['another key', 'kid', { header: { kid: 'two' } }],
    ['another issuer', 'iss', { iss: 'https://attacker.example' }],
    ['another client', 'aud', { aud: 'another-site' }],
    ['no audience', 'aud', { aud: undefined }],
    ['no time of issue', 'iat', { iat: undefined }],
    ['a time of issue that is to come', 'iat', { iat: Math.floor(Date.now() / 1_000) + 3_600 }],
    ['no end', 'exp', { exp: undefined }],
    ['an end before it was issued', 'exp', { exp: 1 }],
    ['an end that is past', 'exp', { iat: 1_000_000_000, exp: Math.floor(Date.now() / 1_000) - 61 }],
    ['an age of an hour, however late its end', 'exp', { iat: Math.floor(Date.now() / 1_000) - 3_600 }],
    ['no id', 'jti', { jti: undefined }],
    ['an id that is a number', 'jti', { jti: 1 }],
    ['no events', 'events', { events: undefined }],
    ['another event', 'events', { events: { 'https://schemas.openid.net/secevent/risc': {} } }],
    ['an event that is a text', 'events', { events: { [event]: 'yes' } }],
    ['a nonce, as an ID token has', 'nonce', { nonce: 'a nonce' }],
    ['a session that is a number', 'sid', { sid: 1 }],
    ['neither a session nor an end-user', 'sub', { sid: undefined, sub: undefined }],
    ['an end-user that is a list', 'sub', { sid: undefined, sub: ['user0'] }],
  ])(
    'given one with %s, when it is posted, then it is refused for its %s, and nobody is logged out',
    async (_, reason, { header, ...claims }: { readonly header?: object }) => {
      const cookie = await logIn('user0', 'sid-1');

      const refused = await post(await logoutToken({ sub: 'user0', sid: 'sid-1', ...claims }, header));

      expect(refused).toMatchObject({ status: 400, body: expect.stringContaining(`wrong ${reason}"`) });
      expect(await isLoggedIn(cookie)).toBe(true);
    },
  );

  it.each<[string, (token: string) => BodyInit]>([
    [
      'with another payload',
      (token) => formOf(token.replace(/\.[^.]+\./, `.${part({ ...claimsOf(), sub: 'user0' })}.`)),
    ],
    ['with no signature', (token) => formOf(`${part({ alg: 'none', typ: 'logout+jwt' })}.${token.split('.')[1]}.`)],
    [
      'with a signature by a secret',
      (token) => formOf(`${part({ alg: 'HS256', typ: 'logout+jwt' })}.${token.split('.')[1]}.AAAA`),
    ],
    ['in JSON', (token) => JSON.stringify({ logout_token: token })],
    ['twice', (token) => new URLSearchParams(['a', 'b'].map(() => ['logout_token', token]))],
    ['in a body of 20 KB', (token) => new URLSearchParams({ logout_token: token, padding: 'x'.repeat(20_000) })],
  ])('given one that is sent %s, when it comes, then it is refused, and nobody is logged out', async (_, bodyOf) => {
    const cookie = await logIn('user0', 'sid-1');

    expect((await post('', bodyOf(await logoutToken({ sub: 'user0' }))))?.status).toBe(400);
    expect(await isLoggedIn(cookie)).toBe(true);
  });

  it('given keys that are not to be had, when one is posted, then it is 503, and taken when they are', async () => {
    issuer.isFailing = true;
    const token = await logoutToken({ sid: 'sid-1' });

    const early = await post(token);
    issuer.isFailing = false;
    now += 10_000;
    const late = await post(token);

    expect([early?.status, early?.headers['retry-after'], late?.status]).toEqual([503, '10', 200]);
  });

  it('given a refresh that is under way, when its session is ended, then what it brings begins none anew', async () => {
    const cookie = await logIn('user0', 'sid-1');
    const gate = newGate();
    answer = async () => {
      await gate.wait();
      return tokensOf({ sub: 'user0', sid: 'sid-1' });
    };
    now += 901_000;

    const during = isLoggedIn(cookie);
    await gate.isAsked;
    await post(await logoutToken({ sid: 'sid-1' }));
    gate.open();

    expect([await during, await isLoggedIn(cookie)]).toEqual([false, false]);
  });

  it('given a store that two applications share, when one is told of an end-user, then the other goes on', async () => {
    const other = applicationOf('another-site');
    const cookie = await logIn('user0', 'sid-1', other, 'another-site');

    await post(await logoutToken({ sub: 'user0' }));

    expect(await isLoggedIn(cookie, other)).toBe(true);
  });

  it('given a page, when it is opened in place of posted, then it is 405', async () => {
    const answered = await login.handle(new Request(`${origin}/auth/backchannel-logout`));

    expect(answered).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  });
});

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

const cookieOf = (cookie: string) => ({
  headers: { get: (name: string) => (name === 'cookie' ? (cookie.split(';')[0] ?? '') : null) },
});

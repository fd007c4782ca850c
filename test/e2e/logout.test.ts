import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { ClientStore } from '../../src/domain/clients/client-store';
import { hashPassword } from '../../src/domain/credentials/password';
import { newId } from '../../src/domain/credentials/secret';
import { UserStore } from '../../src/domain/identity/user-store';
import { SessionStore } from '../../src/protocols/login/session-store';
import { BrowserSession, hiddenFields, sessionIdOf } from '../support/clients/browser-session';
import { openLoginPage, sendPassword } from '../support/clients/login-page';
import { logIn } from '../support/clients/logged-in-client';
import { askWith, codeFor, loggedIn, redeem, refresh } from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const back = 'https://rp.example/signed-out?from=tessera';

const path = (query: Record<string, string>) => `/logout?${new URLSearchParams(query)}`;

describe.each(storesUnderTest)('/logout on %s', (store) => {
  const service = fixture(() => startService(store));
  beforeAll(async () => {
    const clients = service.app.get(ClientStore);
    const spa = await clients.find('demo-spa');
    if (spa === undefined) throw new Error('no demo-spa');
    await clients.save({ ...spa, postLogoutRedirectUris: [back] });
  });

  async function signedIn(scope = 'openid profile') {
    const browser = await loggedIn(service);
    const { tokens } = await logIn(service, browser, { scope });
    return { browser, tokens, idToken: tokens.idToken ?? '' };
  }
  const isAlive = async (id: string) =>
    (await service.app.get(SessionStore).find(id, service.clock.now())) !== undefined;

  it('given a login, when its ID token is read, then sid names the session, and nothing of its secret', async () => {
    const { browser, idToken } = await signedIn();

    const { sid } = decodeJwt(idToken);

    expect(sid).toBe(sessionIdOf(browser));
    expect(idToken).not.toContain(browser.cookie('tessera_session')?.split('.')[1]);
    const headers = { cookie: `tessera_session=${String(sid)}` };
    expect((await fetch(`${service.url}/account`, { headers, redirect: 'manual' })).status).toBe(303);
  });

  it('given an ID token of this session, when it is sent, then the session ends at once and the browser goes back with its state', async () => {
    const { browser, idToken, tokens } = await signedIn();
    const id = sessionIdOf(browser);

    const response = await browser.fetch(
      path({ id_token_hint: idToken, post_logout_redirect_uri: back, state: 'a b&c' }),
    );

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(`${back}&state=a%20b%26c`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(browser.cookie('tessera_session')).toBeUndefined();
    expect(await isAlive(id)).toBe(false);
    expect((await askWith(service, tokens.accessToken)).status).toBe(401);
  });

  it('given an ID token that has expired, when it is sent in a form, then the session ends all the same', async () => {
    const { browser, idToken } = await signedIn();
    const id = sessionIdOf(browser);
    service.clock.advance(2 * 3_600_000);

    const response = await browser.postForm('/logout', {
      id_token_hint: idToken,
      client_id: 'demo-spa',
      post_logout_redirect_uri: back,
    });

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(back);
    expect(await isAlive(id)).toBe(false);
  });

  it('given a form of another site, which comes without the cookie, when it is sent, then the browser asks again with it, and its ID token is in no URL', async () => {
    const { browser, idToken } = await signedIn();
    const id = sessionIdOf(browser);
    const session = browser.cookie('tessera_session') ?? '';
    browser.setCookie('tessera_session', '');

    const first = await browser.postForm('/logout', { id_token_hint: idToken, post_logout_redirect_uri: back });
    const again = first.headers.get('location') ?? '';
    browser.setCookie('tessera_session', session);
    const second = await browser.fetch(again);

    expect(first.status).toBe(303);
    expect(again).toBe(path({ post_logout_redirect_uri: back }));
    expect(second.headers.get('location')).toBe(back);
    expect(await isAlive(id)).toBe(false);
    expect(browser.cookie('tessera_logout')).toBeUndefined();
  });

  it('given an ID token of another session that another site left, when this one asks with its own, then its own counts', async () => {
    const { browser, idToken } = await signedIn();
    browser.setCookie('tessera_logout', (await signedIn()).idToken);

    const response = await browser.fetch(path({ id_token_hint: idToken, post_logout_redirect_uri: back }));

    expect(response.headers.get('location')).toBe(back);
    expect(await isAlive(sessionIdOf(browser))).toBe(false);
  });

  it('given an ID token of another site that no cookie holds, when it is sent, then the browser asks again without it, and the page asks', async () => {
    const { browser } = await signedIn();
    const session = browser.cookie('tessera_session') ?? '';
    browser.setCookie('tessera_session', '');

    const first = await browser.postForm('/logout', { id_token_hint: 'x'.repeat(4_000) });
    browser.setCookie('tessera_session', session);
    const second = await browser.fetch(first.headers.get('location') ?? '');

    expect(browser.cookie('tessera_logout')).toBeUndefined();
    expect(second.status).toBe(200);
    expect(await isAlive(sessionIdOf(browser))).toBe(true);
  });

  it('given grants of the session, when it ends, then those with offline_access live on, and the others not', async () => {
    const browser = await loggedIn(service);
    const tokens = async (scope: string) => (await logIn(service, browser, { scope })).tokens;
    const [online, offline] = [await tokens('openid'), await tokens('openid offline_access')];
    const elsewhere = await signedIn();

    await browser.fetch(path({ id_token_hint: online.idToken ?? '' }));

    expect((await askWith(service, online.accessToken)).status).toBe(401);
    expect((await askWith(service, offline.accessToken)).status).toBe(200);
    expect((await refresh(service, offline.refreshToken)).status).toBe(200);
    expect((await askWith(service, elsewhere.tokens.accessToken)).status).toBe(200);
  });

  it('given a second login in the same browser, when it signs out, then what both gave ends, and either’s ID token is a hint', async () => {
    for (const hinted of ['first', 'second'] as const) {
      const first = await signedIn();
      await sendPassword(first.browser);
      const { tokens } = await logIn(service, first.browser);
      const between = await askWith(service, first.tokens.accessToken);
      const hint = hinted === 'first' ? first.idToken : (tokens.idToken ?? '');

      const response = await first.browser.fetch(path({ id_token_hint: hint, post_logout_redirect_uri: back }));

      expect(between.status).toBe(200);
      expect(response.headers.get('location')).toBe(back);
      expect((await askWith(service, first.tokens.accessToken)).status).toBe(401);
      expect((await askWith(service, tokens.accessToken)).status).toBe(401);
    }
  });

  it('given somebody else who logs in at the same browser, when they do, then what the first had in it ends', async () => {
    const { browser, tokens } = await signedIn();
    const { tokens: offline } = await logIn(service, browser, { scope: 'openid offline_access' });
    const user = { id: newId(), username: newId(), passwordHash: await hashPassword('password of another') };
    await service.app.get(UserStore).add({ ...user, demo: false });

    await sendPassword(browser, { username: user.username, password: 'password of another' });

    expect((await askWith(service, tokens.accessToken)).status).toBe(401);
    expect((await askWith(service, offline.accessToken)).status).toBe(200);
  });

  it('given a code in flight, when its session ends, then it is code_unknown, and of another session it is good', async () => {
    const { browser, idToken } = await signedIn();
    const inFlight = await codeFor(service, browser, { scope: 'openid offline_access' });
    const elsewhere = await codeFor(service, (await signedIn()).browser);

    await browser.fetch(path({ id_token_hint: idToken }));
    const refused = await redeem(service, inFlight);

    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ error: 'invalid_grant', reason: 'code_unknown' });
    expect((await redeem(service, elsewhere)).status).toBe(200);
  });

  it('given no hint, when it is asked for, then a page with one button comes, which ends the session', async () => {
    const { browser } = await signedIn();
    const id = sessionIdOf(browser);

    const page = await browser.fetch(path({ client_id: 'demo-spa', post_logout_redirect_uri: back, state: 's' }));
    const html = await page.text();
    const before = await isAlive(id);
    const response = await browser.postForm('/logout', hiddenFields(html));

    expect(page.status).toBe(200);
    expect(html.match(/<button/g)).toHaveLength(1);
    expect(html).toContain('Demo single-page application');
    expect(before).toBe(true);
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(`${back}&state=s`);
    expect(await isAlive(id)).toBe(false);
  });

  it('given an ID token of another session, when it is sent, then the page comes, and that session is left alone', async () => {
    const [one, other] = [await signedIn(), await signedIn()];

    const page = await one.browser.fetch(path({ id_token_hint: other.idToken }));

    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<button');
    expect(await isAlive(sessionIdOf(one.browser))).toBe(true);
    expect(await isAlive(sessionIdOf(other.browser))).toBe(true);
  });

  it.each<[which: string, hintOf: (given: Awaited<ReturnType<typeof signedIn>>) => string]>([
    ['an ID token whose signature is wrong', ({ idToken }) => `${idToken.slice(0, -6)}AAAAAA`],
    ['an access token', ({ tokens }) => tokens.accessToken],
    ['what is no token', () => 'x'],
  ])('given %s as the hint, when it is sent, then the page comes and nothing ends', async (_which, hintOf) => {
    const given = await signedIn();

    const page = await given.browser.fetch(path({ id_token_hint: hintOf(given) }));

    expect(page.status).toBe(200);
    expect(await isAlive(sessionIdOf(given.browser))).toBe(true);
  });

  it('given a button that another site pressed, when it is sent, then it is csrf_invalid and nothing ends', async () => {
    const { browser } = await signedIn();
    const attacker = await openLoginPage(service.url);

    const response = await browser.postForm('/logout', { csrf: attacker.hidden['csrf'] ?? '', request: '' });

    expect(await errorOf(response)).toMatchObject({ status: 403, reason: 'csrf_invalid' });
    expect(await isAlive(sessionIdOf(browser))).toBe(true);
  });

  it('given no session, when it is asked for, then the browser goes back, or is told that nobody is signed in', async () => {
    const browser = new BrowserSession(service.url);

    const redirect = await browser.fetch(path({ client_id: 'demo-spa', post_logout_redirect_uri: back }));
    const page = await browser.fetch('/logout');

    expect(redirect.headers.get('location')).toBe(back);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('You are signed out');
  });

  const unregistered = 'post_logout_redirect_uri_unregistered';

  it.each<[which: string, clientId: string | undefined, uri: string, reason: string]>([
    ['a URI that is not registered', 'demo-spa', `${back}2`, unregistered],
    ['a redirect URI of its logins', 'demo-spa', 'http://127.0.0.1/callback', unregistered],
    ['the URI of another client', 'demo-partner', back, unregistered],
    ['a URI and no client', undefined, back, unregistered],
    ['a script for a URI', 'demo-spa', 'javascript:alert(1)', unregistered],
    ['an unknown client', 'nobody', back, 'client_unknown'],
  ])(
    'given %s, when it is asked for, then it is 400, nothing ends and nobody is sent anywhere',
    async (_which, clientId, uri, reason) => {
      const { browser } = await signedIn();
      const named = clientId === undefined ? {} : { client_id: clientId };

      const response = await browser.fetch(path({ ...named, post_logout_redirect_uri: uri }));

      expect(await errorOf(response)).toMatchObject({ status: 400, reason });
      expect(response.headers.get('location')).toBeNull();
      expect(await isAlive(sessionIdOf(browser))).toBe(true);
    },
  );

  it('given an ID token of a client that was removed, when it is sent, then the session ends, and the browser is sent nowhere', async () => {
    const client = await registerClient(service, { postLogoutRedirectUris: [back] });
    const browser = await loggedIn(service);
    const { tokens } = await logIn(service, browser, { clientId: client.clientId });
    const hint = { id_token_hint: tokens.idToken ?? '' };
    await service.app.get(ClientStore).remove(client.clientId);

    const onward = await browser.fetch(path({ ...hint, post_logout_redirect_uri: back }));
    const response = await browser.fetch(path(hint));

    expect([onward.status, onward.headers.get('location')]).toEqual([400, null]);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('You are signed out');
  });

  it('given another client_id than the ID token’s, or a parameter twice, when it is asked for, then it is refused', async () => {
    const { browser, idToken } = await signedIn();

    const mismatch = await browser.fetch(path({ id_token_hint: idToken, client_id: 'demo-partner' }));
    const repeated = await browser.fetch('/logout?state=a&state=b');

    expect(await mismatch.json()).toMatchObject({ reason: 'id_token_hint_mismatch' });
    expect(await repeated.json()).toMatchObject({ reason: 'parameter_repeated' });
    expect(await isAlive(sessionIdOf(browser))).toBe(true);
  });
});

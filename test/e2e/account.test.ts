import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { newId } from '../../src/domain/credentials/secret';
import { hashPassword } from '../../src/domain/credentials/password';
import { UserStore } from '../../src/domain/identity/user-store';
import { SessionStore } from '../../src/protocols/login/session-store';
import { BrowserSession, hiddenFields, sessionIdOf } from '../support/clients/browser-session';
import { logIn } from '../support/clients/logged-in-client';
import { openLoginPage, sendPassword, signedForm } from '../support/clients/login-page';
import {
  allow,
  askWith,
  authorizationQuery,
  codeFor,
  type Fields,
  loggedIn,
  redeem,
  refresh,
  submitPassword,
} from '../support/clients/pkce-login';
import { registerApi, registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, me, newAccount, post, signIn } from '../support/clients/wallet';

const firefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0' };
const partner = { client_id: 'demo-partner', redirect_uri: 'http://127.0.0.1/partner' };

const show = async (browser: BrowserSession) => (await browser.fetch('/account')).text();

async function consentTo(browser: BrowserSession, asked: Fields) {
  await allow(browser, await browser.fetch(`/authorize?${authorizationQuery(asked)}`));
}

async function end(browser: BrowserSession, what: string, id?: string): Promise<Response> {
  const { csrf = '' } = hiddenFields(await show(browser));
  return browser.postForm('/account', { csrf, end: what, ...(id !== undefined && { id }) });
}

describe.each(storesUnderTest)('the page /account on %s', (store) => {
  const service = fixture(() => startService(store));

  const isAlive = async (id: string) =>
    (await service.app.get(SessionStore).find(id, service.clock.now())) !== undefined;
  /** A browser of an account that nobody else of these tests uses. */
  async function walletBrowser(owner = newAccount()): Promise<BrowserSession> {
    const page = await openLoginPage(service.url);
    await page.browser.postForm('/login/wallet', await signedForm(page, owner));
    return page.browser;
  }

  it('given no session, when it is asked for, then the browser logs in first and comes back', async () => {
    const browser = new BrowserSession(service.url);

    const redirect = await browser.fetch('/account');
    const login = await browser.fetch(redirect.headers.get('location') ?? '');
    const loggedInAgain = await submitPassword(browser, await login.text());

    expect(redirect.status).toBe(303);
    expect(loggedInAgain.headers.get('location')).toBe('/account');
    expect((await browser.fetch('/account')).status).toBe(200);
  });

  it('given two browsers, when one looks, then it sees both, from where and with what, its own one marked', async () => {
    const one = await loggedIn(service);
    const other = new BrowserSession(service.url);
    await sendPassword(other, {}, firefox);

    const html = await show(one);

    const [own = '', rest = ''] = html.split('</li>');
    expect(own).toContain('this one');
    expect(own).toContain(sessionIdOf(one));
    expect(html.match(/this one/g)).toHaveLength(1);
    expect(`${rest}${html}`).toContain('Firefox on Linux');
    expect(html).toContain(sessionIdOf(other));
    expect(html).toMatch(/since \d{1,2} \w{3} \d{4}, \d\d:\d\d UTC, from [\da-f.:]+\/\d\d/);
    expect(html).not.toContain(other.cookie('tessera_session')?.split('.')[1]);
    expect(html).not.toMatch(/<script(?! src="\/assets\/)/);
  });

  it('given another session, when it is ended, then it is gone with its tokens and codes, and this one stays', async () => {
    const [browser, other] = [await loggedIn(service), await loggedIn(service)];
    const { tokens } = await logIn(service, other);
    const inFlight = await codeFor(service, other);

    const response = await end(browser, 'session', sessionIdOf(other));

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/account');
    expect(await isAlive(sessionIdOf(other))).toBe(false);
    expect(await isAlive(sessionIdOf(browser))).toBe(true);
    expect((await askWith(service, tokens.accessToken)).status).toBe(401);
    expect((await redeem(service, inFlight)).body).toMatchObject({ reason: 'code_unknown' });
  });

  it('given this session, when it is ended, then the browser is signed out and told so', async () => {
    const browser = await loggedIn(service);
    const id = sessionIdOf(browser);

    const response = await end(browser, 'session', id);

    expect(response.status).toBe(200);
    expect(await response.text()).toContain('You are signed out');
    expect(browser.cookie('tessera_session')).toBeUndefined();
    expect(await isAlive(id)).toBe(false);
  });

  it('given an app with access, when it is ended, then its tokens are worth nothing and it must ask again; others keep theirs', async () => {
    const browser = await walletBrowser();
    await consentTo(browser, { ...partner, scope: 'openid profile offline_access' });
    const { client_id: clientId, redirect_uri: redirectUri } = partner;
    const { client, tokens } = await logIn(service, browser, { clientId, redirectUri, scope: 'openid offline_access' });
    const { tokens: others } = await logIn(service, browser);
    const html = await show(browser);

    const response = await end(browser, 'app', 'demo-partner');

    expect(html).toContain('Demo partner');
    expect(html).toContain('Stay signed in for you');
    expect(html).toContain('See your name');
    expect(response.status).toBe(303);
    expect((await askWith(service, tokens.accessToken)).status).toBe(401);
    await expect(client.refresh()).rejects.toMatchObject({ code: 'invalid_grant', status: 400 });
    expect((await askWith(service, others.accessToken)).status).toBe(200);
    expect(await show(browser)).not.toContain('Demo partner');
    const again = await browser.fetch(`/authorize?${authorizationQuery(partner)}`);
    expect([again.status, again.headers.get('location')]).toEqual([200, null]);
  });

  it('given a user, when the pages say who is signed in, then it is the username, and not the subject', async () => {
    const [id, username] = [newId(), `Anna-${newId()}`];
    await service.app
      .get(UserStore)
      .add({ id, username, passwordHash: await hashPassword('password of Anna'), demo: false });
    const browser = new BrowserSession(service.url);
    await sendPassword(browser, { username, password: 'password of Anna' });

    const consent = await browser.fetch(`/authorize?${authorizationQuery(partner)}`);
    const pages = [await show(browser), await (await browser.fetch('/logout')).text(), await consent.text()];

    for (const html of pages) {
      expect(html).toContain(username);
      expect(html).not.toContain(id);
    }
  });

  it('given access to an API, when the account is shown, then it says which and for what, and ending it ends that too', async () => {
    const api = await registerApi(service, { name: 'Notes of <b>all</b>' });
    const client = await registerClient(service, { name: 'A notebook', firstParty: false });
    const browser = await walletBrowser();
    const asked = { client_id: client.clientId, scope: 'openid notes:read', resource: api.identifier };
    await consentTo(browser, asked);
    const consented = await show(browser);
    const inFlight = await codeFor(service, browser, asked);
    const { status } = await redeem(service, await codeFor(service, browser, asked));
    const granted = await show(browser);

    await end(browser, 'app', client.clientId);
    const refused = await redeem(service, inFlight);
    const again = await browser.fetch(`/authorize?${authorizationQuery(asked)}`);

    expect(status).toBe(200);
    for (const html of [consented, granted]) {
      expect(html).toContain('A notebook');
      expect(html).toContain('Notes of &lt;b&gt;all&lt;/b&gt;');
      expect(html).toContain('Read your notes');
      expect(html).toContain('data-scope="notes:read"');
      expect(html).not.toContain('Write notes for you');
    }
    expect(await show(browser)).not.toContain('A notebook');
    expect([refused.status, refused.body['reason']]).toEqual([400, 'code_unknown']);
    expect(again.status).toBe(200);
    expect(await again.text()).toContain('name="decision"');
  });

  it('given a login of the API, which has no session, when its account looks, then the application is there, and can be ended', async () => {
    const owner = newAccount();
    const { answer } = await signIn(service, owner, { scope: 'openid offline_access' });
    const browser = await walletBrowser(owner);
    const html = await show(browser);

    await end(browser, 'app', 'demo-dapp');

    expect(decodeJwt(String(answer.body['id_token']))).not.toHaveProperty('sid');
    expect(html).toContain('Demo dApp');
    expect((await me(service, answer)).status).toBe(401);
    expect((await refresh(service, answer.body['refresh_token'], { client_id: 'demo-dapp' })).status).toBe(400);
    expect(await show(browser)).not.toContain('Demo dApp');
  });

  it('given a signature that an application holds back, when its access is ended, then it is worth nothing, and a later one is', async () => {
    const owner = newAccount();
    await signIn(service, owner);
    const { nonce, message } = await challengeFor(service, owner);
    const signature = await owner.signMessage({ message });

    await end(await walletBrowser(owner), 'app', 'demo-dapp');
    const heldBack = await post(service, '/wallet/verify', { nonce, signature });
    service.clock.advance(1);
    const later = await signIn(service, owner);

    expect([heldBack.status, heldBack.body['reason']]).toEqual([400, 'challenge_used']);
    expect(later.answer.status).toBe(200);
  });

  it('given a signature of the login page that somebody holds back, when everything is ended, then it opens no session', async () => {
    const owner = newAccount();
    const browser = await walletBrowser(owner);
    const thief = await openLoginPage(service.url);
    const form = await signedForm(thief, owner);

    await end(browser, 'everything');
    const heldBack = await thief.browser.postForm('/login/wallet', form);
    service.clock.advance(1);

    expect(heldBack.status).toBe(400);
    expect(thief.browser.cookie('tessera_session')).toBeUndefined();
    const later = await walletBrowser(owner);
    const sub = `eip155:1:${owner.address}`;
    const { items } = await service.app.get(SessionStore).list(sub, { limit: 10 }, service.clock.now());
    expect(items.map(({ id }) => id)).toEqual([sessionIdOf(later)]);
  });

  it('given everything, when it is ended, then no session, token or consent of the account is left, and those of others are', async () => {
    const browser = await walletBrowser();
    await consentTo(browser, partner);
    const { client, tokens: offline } = await logIn(service, browser, { scope: 'openid offline_access' });
    const stranger = await loggedIn(service);
    const { tokens: strange } = await logIn(service, stranger);

    const response = await end(browser, 'everything');

    expect(await response.text()).toContain('You are signed out');
    expect((await askWith(service, offline.accessToken)).status).toBe(401);
    await expect(client.refresh()).rejects.toMatchObject({ code: 'invalid_grant', status: 400 });
    expect((await askWith(service, strange.accessToken)).status).toBe(200);
    expect(await isAlive(sessionIdOf(stranger))).toBe(true);
  });

  it('given the session of somebody else, when it is to be ended, then nothing happens', async () => {
    const [browser, stranger] = [await walletBrowser(), await loggedIn(service)];

    const response = await end(browser, 'session', sessionIdOf(stranger));

    expect(response.status).toBe(303);
    expect(await isAlive(sessionIdOf(stranger))).toBe(true);
  });

  it.each([{ csrf: 'x' }, {}])('given a form with %j, then it is refused and nothing ends', async (csrf) => {
    const browser = await loggedIn(service);

    const response = await browser.postForm('/account', { ...csrf, end: 'everything' });

    expect(await errorOf(response)).toMatchObject({ status: 403, reason: 'csrf_invalid' });
    expect(await isAlive(sessionIdOf(browser))).toBe(true);
  });

  it('given something else to end, when it is sent, then it is ending_invalid', async () => {
    const response = await end(await loggedIn(service), 'world');

    expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'ending_invalid' });
  });
});

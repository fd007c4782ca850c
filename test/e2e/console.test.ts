import { beforeEach, describe, expect, it } from '@jest/globals';
import type { OperatorRole } from '../../src/domain/identity/operator-role';
import { UserStore } from '../../src/domain/identity/user-store';
import { browserOf, newPerson } from '../support/clients/account-page';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { openLoginPage } from '../support/clients/login-page';
import { newPasskeyOwner, passkeyForm } from '../support/clients/passkey';
import { codeFor, loggedIn, redeem, refresh } from '../support/clients/pkce-login';
import { newAccount, signIn } from '../support/clients/wallet';
import { admin, adminToken } from '../support/operations/admin';
import { auditPage } from '../support/operations/audit';
import { consoleBrowser, sendForm, showToken } from '../support/operations/console';
import { fixture } from '../support/run/fixture';
import { startService, startServiceOn } from '../support/service/service';
import { bothStores, emptyStore, storesUnderTest } from '../support/stores/stores';

const console = '/admin/console';
const cookieName = 'tessera_console';
const toLogin = '/login?page=console&acr_values=phr&max_age=3600';
const pathOf = ({ id }: { readonly id: string }) => `${console}/users/${id}`;
const secretIn = (html: string) => /<code class="secret">([^<]+)</.exec(html)?.[1] ?? '';
const statusOf = async (browser: BrowserSession, path = console) => (await browser.fetch(path)).status;
const textOf = async (browser: BrowserSession, path: string) => (await browser.fetch(path)).text();

describe.each(storesUnderTest)('who comes into the console on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  let number = 0;
  beforeEach(() => {
    // A minute of its own for each test's guesses.
    number += 1;
    service.clock.advance(number * 60_000 - (service.clock.now() % 60_000));
  });

  async function operator(role: OperatorRole, more: object = {}) {
    const { body } = await admin(service, 'POST', '/operators', { name: `operator ${(number += 1)}`, role, ...more });
    return { id: String(body['id']), token: String(body['token']) };
  }

  it('given nothing, when it is opened, then it is 401 with a form, and JSON for who wants it', async () => {
    const page = await fetch(service.url + console);
    const json = await fetch(service.url + console, { headers: { accept: 'application/json' } });

    expect([page.status, page.headers.get('www-authenticate')]).toEqual([401, `Bearer realm="${service.url}"`]);
    expect(await page.text()).toContain('<input id="token" name="token" type="password"');
    expect([json.status, (await json.json()).reason]).toEqual([401, 'admin_token_required']);
  });

  it('given a token, when it is sent, then a strict cookie that is not it opens the console and the dashboards', async () => {
    const { token } = await operator('viewer');
    const browser = new BrowserSession(service.url);

    const answer = await showToken(browser, token);
    const pages = [await statusOf(browser), await statusOf(browser, '/admin/dashboard')];

    expect([answer.status, answer.headers.get('location')]).toEqual([303, console]);
    expect(answer.headers.getSetCookie().join('\n')).toMatch(
      /^tessera_console=[\w-]{43}; Max-Age=28800; Path=\/admin; HttpOnly; SameSite=Strict$/m,
    );
    expect(pages).toEqual([200, 200]);
    expect(await textOf(browser, console)).not.toContain(token);
  });

  it('given a page of the console, when the token is sent from its form, then the browser goes there', async () => {
    const browser = new BrowserSession(service.url);

    const { headers } = await showToken(browser, adminToken, {}, `${console}/users?q=user`);

    expect(headers.get('location')).toBe(`${console}/users?q=user`);
  });

  it.each([
    'https://evil.example',
    '//evil.example',
    '/admin/console/..//evil.example\\',
    '/login',
    '/admin/console@evil',
  ])('given %s as the place to go on at, when the token is sent, then it is the console', async (to) => {
    const browser = new BrowserSession(service.url);
    const { csrf = '' } = hiddenFields(await textOf(browser, console));

    const { headers } = await browser.postForm(console, { csrf, token: adminToken, to });

    expect(new URL(headers.get('location') ?? '', service.url).origin).toBe(service.url);
    expect(headers.get('location')).toMatch(/^\/admin\/console/);
  });

  it('given a session, when the JSON API is called with its cookie, then it is worth nothing there', async () => {
    const browser = await consoleBrowser(service);

    expect([await statusOf(browser, '/admin/clients'), await statusOf(browser, '/admin/audit-events')]).toEqual([
      401, 401,
    ]);
  });

  it('given a session, when eight hours are over, then it is 401', async () => {
    const browser = await consoleBrowser(service);

    service.clock.advance(8 * 3_600_000 - 1_000);
    const before = await statusOf(browser);
    service.clock.advance(1_000);

    expect([before, await statusOf(browser)]).toEqual([200, 401]);
  });

  it.each([
    ['disabled', (path: string) => admin(service, 'PATCH', path, { disabled: true })],
    ['removed', (path: string) => admin(service, 'DELETE', path)],
    ['given another token', (path: string) => admin(service, 'POST', `${path}/token`)],
  ])('given an operator who is %s, when a second is over, then the session is at its end', async (_what, change) => {
    const { id, token } = await operator('auditor');
    const browser = await consoleBrowser(service, token);
    const before = await statusOf(browser);

    await change(`/operators/${id}`);
    service.clock.advance(1_000);

    expect([before, await statusOf(browser)]).toEqual([200, 401]);
  });

  it('given an operator, when another role is given or the token expires, then that counts at once', async () => {
    const soon = Math.floor(service.clock.now() / 1_000) + 60;
    const { id, token } = await operator('admin', { expires_at: soon });
    await operator('admin');
    const browser = await consoleBrowser(service, token);
    const before = await statusOf(browser, `${console}/operators`);

    await admin(service, 'PATCH', `/operators/${id}`, { role: 'viewer' });
    service.clock.advance(1_000);
    const refused = await browser.fetch(`${console}/operators`, { headers: { accept: 'text/html' } });
    const allowed = await statusOf(browser);
    service.clock.advance(60_000);

    expect([before, refused.status, allowed, await statusOf(browser)]).toEqual([200, 403, 200, 401]);
    expect(await refused.text()).toContain('role_insufficient');
  });

  it('given a sign-out, when the cookie is shown once more, then its session is gone', async () => {
    const browser = await consoleBrowser(service);
    const cookie = browser.cookie(cookieName) ?? '';

    const forged = await browser.postForm(`${console}/sign-out`, {});
    const out = await sendForm(browser, console, {}, `${console}/sign-out`);
    browser.setCookie(cookieName, cookie);

    expect([forged.status, out.status, out.headers.get('location')]).toEqual([403, 303, console]);
    expect(out.headers.getSetCookie().join()).toMatch(/tessera_console=;.*Path=\/admin/);
    expect(await statusOf(browser)).toBe(401);
  });

  it('given a page of another site, when it leads here or sends a form, then nothing is shown or done', async () => {
    const browser = await consoleBrowser(service);
    const crossSite = { 'sec-fetch-site': 'cross-site' };
    const { csrf = '' } = hiddenFields(await textOf(browser, console));

    const shown = await browser.fetch(console, { headers: crossSite });
    const sent = await browser.postForm(`${console}/keys/rotate`, { csrf }, crossSite);
    const without = await browser.postForm(`${console}/keys/rotate`, {});

    expect([shown.status, sent.status, without.status]).toEqual([401, 403, 403]);
    expect(shown.headers.get('x-frame-options')).toBe('DENY');
  });

  it('given a token in a URL, when a page is asked for with it, then it is 400', async () => {
    const browser = await consoleBrowser(service);

    const answer = await browser.fetch(`${console}/clients?q=${adminToken}`, {
      headers: { accept: 'application/json' },
    });

    expect([answer.status, (await answer.json()).reason]).toEqual([400, 'token_in_url']);
  });
});

describe('two admin tokens, of which one goes', () => {
  const store = fixture(() => emptyStore('lmdb'));
  const former = 'the-admin-token-that-goes-0123456789';

  it('given a session of each, when the setting has only one more, then only that one is left', async () => {
    const both = await startServiceOn(store, { ADMIN_TOKEN: `${former},${adminToken}` });
    const cookies: string[] = [];
    for (const token of [former, adminToken]) {
      cookies.push((await consoleBrowser(both, token)).cookie(cookieName) ?? '');
    }
    await both.stop();
    const one = await startServiceOn(store, { ADMIN_TOKEN: adminToken });

    const statuses = [];
    for (const cookie of cookies) {
      statuses.push((await fetch(one.url + console, { headers: { cookie: `${cookieName}=${cookie}` } })).status);
    }

    await one.stop();
    expect(statuses).toEqual([401, 200]);
  });
});

describe.each(storesUnderTest)('a person in the console on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));

  /** A person with this role, and a browser in which they signed in by passkey on the way to the console. */
  async function person(role: OperatorRole | undefined) {
    const owner = await newPasskeyOwner(service);
    const { id } = owner.user;
    await service.app.get(UserStore).change(id, (user) => ({ ...user, ...(role && { operatorRole: role }) }));
    const browser = new BrowserSession(service.url);
    const asked = await browser.fetch(`${console}?as=me`);
    const page = await openLoginPage(service.url, (asked.headers.get('location') ?? '').split('?')[1], browser);
    const answer = await browser.postForm('/login/passkey', await passkeyForm(page, owner.authenticator));
    return { id, browser, asked, answer };
  }

  it('given a role, when they sign in by passkey, then their own login opens the console, and no JSON', async () => {
    const { browser, asked, answer } = await person('auditor');

    expect([asked.status, asked.headers.get('location')]).toEqual([303, toLogin]);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, console]);
    expect([await statusOf(browser), await statusOf(browser, `${console}/audit`)]).toEqual([200, 200]);
    expect([await statusOf(browser, `${console}/operators`), await statusOf(browser, '/admin/clients')]).toEqual([
      403, 401,
    ]);
  });

  it('given a login of more than an hour ago, when a page is opened, then they sign in once more', async () => {
    const { browser } = await person('viewer');

    service.clock.advance(3_598_000);
    const before = await statusOf(browser);
    service.clock.advance(3_000);
    const after = await browser.fetch(console);

    expect([before, after.status, after.headers.get('location')]).toEqual([200, 303, toLogin]);
  });

  it('given a login by password of one with a role, when the console is opened, then it asks for a passkey', async () => {
    const browser = await browserOf(service, await newPerson(service, { operatorRole: 'admin' }));

    const { status, headers } = await browser.fetch(console);

    expect([status, headers.get('location')]).toEqual([303, toLogin]);
  });

  it.each([
    ['loses the role', { operator_role: null }],
    ['is disabled', { disabled: true }],
  ])('given a person who %s, when the next page is opened, then it is 401', async (_what, patch) => {
    const { id, browser } = await person('support');
    const before = await statusOf(browser);

    await admin(service, 'PATCH', `/users/${id}`, patch);

    expect([before, await statusOf(browser)]).toEqual([200, 401]);
  });

  it('given no role, when they sign in for the console, then it says so', async () => {
    const { browser } = await person(undefined);

    const answer = await browser.fetch(`${console}?as=me`);

    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain('have no role here');
  });

  it('given a sign-out, when the cookie is shown once more, then the login is gone', async () => {
    const { browser } = await person('viewer');
    const cookie = browser.cookie('tessera_session') ?? '';

    await sendForm(browser, console, {}, `${console}/sign-out`);
    browser.setCookie('tessera_session', cookie);

    expect(await statusOf(browser)).toBe(401);
  });

  it('given a change by a person, when the trail is read, then it is there', async () => {
    const { browser } = await person('admin');

    const { status } = await sendForm(browser, `${console}/keys`, {}, `${console}/keys/rotate`);

    expect(status).toBe(303);
    expect((await auditPage(service, { type: 'keys_rotated' })).data).toHaveLength(1);
  });
});

describe.each(bothStores)('the tasks of the console on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  const browser = fixture(() => consoleBrowser(service));
  const typesOf = async (query = {}) => (await auditPage(service, query)).data.map(({ type }) => type);

  it('given a preset, when a client is added, changed, given a secret and removed, then each is done, shown and told', async () => {
    const clients = `${console}/clients`;
    const blank = await textOf(browser, `${console}/new/clients?preset=web`);
    const fields = { client_id: 'my-web', redirect_uris: 'https://app.example.com/callback', preset: 'web' };
    const wrong = await sendForm(
      browser,
      `${console}/new/clients`,
      { ...fields, redirect_uris: '<nonsense>' },
      clients,
    );
    const wrongPage = await wrong.text();
    const method = { token_endpoint_auth_method: 'client_secret_basic' };
    const added = await sendForm(browser, `${console}/new/clients`, { ...fields, ...method }, clients);
    const addedPage = await added.text();
    const taken = await sendForm(browser, `${console}/new/clients`, fields, clients);
    const changed = await sendForm(browser, `${clients}/my-web`, {
      client_name: 'My web app',
      redirect_uris: 'https://app.example.com/callback\r\nhttps://app.example.com/other',
      ...method,
    });
    const stale = await sendForm(browser, `${clients}/my-web`, { client_name: 'Late', etag: '"another"', ...method });
    const secret = await sendForm(browser, `${clients}/my-web`, { hours: '1' }, `${clients}/my-web/secret`);
    const { body } = await admin(service, 'GET', '/clients/my-web');
    const asked = await textOf(browser, `${clients}/my-web/remove`);
    const removed = await sendForm(browser, `${clients}/my-web/remove`, {});

    expect(blank).toContain('openid profile email offline_access');
    expect(wrong.status).toBe(400);
    expect(wrongPage).toContain('&lt;nonsense&gt;');
    expect(wrongPage).toContain('Please correct: Redirect URIs');
    expect(added.status).toBe(201);
    expect(addedPage).toContain(`TESSERA_SECRET=${secretIn(addedPage)}`);
    expect(taken.status).toBe(409);
    expect([changed.status, changed.headers.get('location')]).toEqual([303, `${clients}/my-web?done=changed`]);
    expect([stale.status, await stale.text()]).toEqual([412, expect.stringContaining('value="Late"')]);
    expect(body).toMatchObject({
      client_name: 'My web app',
      redirect_uris: ['https://app.example.com/callback', 'https://app.example.com/other'],
    });
    expect(secret.status).toBe(201);
    expect(secretIn(await secret.text())).toMatch(/^[\w-]{43}$/);
    expect(asked).toContain('its grants: their tokens are refused at once');
    expect([removed.status, await statusOf(browser, `${clients}/my-web`)]).toEqual([303, 404]);
    const types = await typesOf({ client_id: 'my-web' });
    for (const type of ['client_added', 'client_changed', 'client_secret_added', 'client_removed'])
      expect(types).toContain(type);
  });

  it('given an API and an operator, when they are added and removed, then what is shown once works', async () => {
    const apis = `${console}/apis`;
    const identifier = 'https://api.example.com';
    const scopes = 'notes:read=Read your notes\nnotes:write=Write notes';
    const added = await sendForm(browser, `${console}/new/apis`, { identifier, name: 'Notes', scopes }, apis);
    const path = (added.headers.get('location') ?? '').split('?')[0] ?? '';
    await sendForm(browser, path, { name: 'My notes', scopes: 'notes:read=Read your notes' });
    const secret = await sendForm(browser, path, {}, `${path}/secret`);
    const shown = await textOf(browser, path);
    await textOf(browser, `${path}/remove`);
    const removed = await sendForm(browser, `${path}/remove`, {});
    const operators = `${console}/operators`;
    const made = await sendForm(browser, `${console}/new/operators`, { name: 'Ada', role: 'admin' }, operators);
    const token = secretIn(await made.text());
    const ada = await consoleBrowser(service, token);
    const [, id = ''] = /\/operators\/([\w-]+)"/.exec(await textOf(ada, operators)) ?? [];
    const own = await sendForm(ada, `${operators}/${id}`, { name: 'Ada', role: 'viewer' });
    const last = await sendForm(browser, `${operators}/${id}/remove`, {});
    const another = await sendForm(browser, `${operators}/${id}`, {}, `${operators}/${id}/token`);

    expect(added.status).toBe(303);
    expect(shown).toContain('My notes');
    expect([secret.status, removed.status, made.status, own.status]).toEqual([201, 303, 201, 403]);
    expect(token).toMatch(/^tso_/);
    expect(last.status).toBe(409);
    expect(await last.text()).toContain('One operator of role admin must stay');
    expect(secretIn(await another.text())).toMatch(/^tso_/);
  });

  it('given a user, when they are invited, recovered, disabled and ended, then the page says what they have', async () => {
    const users = `${console}/users`;
    const added = await sendForm(browser, `${console}/new/users`, { username: 'anna', name: 'Anna' }, users);
    const path = (added.headers.get('location') ?? '').split('?')[0] ?? '';
    const link = await sendForm(browser, path, { purpose: 'invitation' }, `${path}/links`);
    const unmailed = await sendForm(browser, path, { purpose: 'recovery', send: 'true' }, `${path}/links`);
    const short = await sendForm(browser, path, { username: 'anna', name: 'Anna', password: 'short' });
    const disabled = await sendForm(browser, path, { username: 'anna', name: 'Anna', disabled: 'true' });
    await redeem(service, await codeFor(service, await loggedIn(service), { scope: 'openid offline_access' }));
    const before = await textOf(browser, `${users}/user0`);
    const [, id = ''] = /name="id" value="([^"]+)"/.exec(before) ?? [];
    const one = await sendForm(browser, `${users}/user0`, { what: 'session', id }, `${users}/user0/end`);
    const all = await sendForm(browser, `${users}/user0`, { what: 'everything' }, `${users}/user0/end`);
    const nothing = await sendForm(browser, `${users}/user0`, { what: 'nothing' }, `${users}/user0/end`);
    const after = await textOf(browser, `${users}/user0`);
    await textOf(browser, `${path}/remove`);
    const removed = await sendForm(browser, `${path}/remove`, {});

    expect([added.status, link.status, unmailed.status, disabled.status]).toEqual([303, 201, 409, 303]);
    expect(secretIn(await link.text())).toMatch(/\/link#invitation\.|\/link#/);
    expect(short.status).toBe(400);
    expect(await short.text()).not.toContain('value="short"');
    expect(before).toContain('Grant of demo-spa');
    expect([one.status, all.status, nothing.status, removed.status]).toEqual([303, 303, 400, 303]);
    expect(after).not.toContain('Grant of demo-spa');
    const types = await typesOf();
    for (const type of ['user_added', 'link_made', 'user_changed', 'session_ended', 'grant_revoked', 'user_removed']) {
      expect(types).toContain(type);
    }
  });

  it('given a login of each model, when its story is opened from any of its events, then it is whole', async () => {
    const { body } = await redeem(
      service,
      await codeFor(service, await loggedIn(service), { scope: 'openid offline_access' }),
    );
    await refresh(service, body['refresh_token']);
    await signIn(service, newAccount());
    const stories: Record<string, string[]> = {};
    for (const type of ['code_issued', 'tokens_refreshed', 'challenge_issued', 'challenge_redeemed']) {
      const [{ id } = { id: '' }] = (await auditPage(service, { type })).data;
      const html = await textOf(browser, `${console}/audit/login?event=${id}`);
      stories[type] = [...html.matchAll(/<td>((?:session|code|tokens|challenge) \w+)/g)].map(([, event = '']) => event);
    }

    const ofCode = ['session begun', 'code issued', 'code redeemed', 'tokens refreshed'];
    const ofWallet = ['challenge issued', 'challenge redeemed'];
    expect(stories).toEqual({
      code_issued: ofCode,
      tokens_refreshed: ofCode,
      challenge_issued: ofWallet,
      challenge_redeemed: ofWallet,
    });
  });

  it('given filters of the trail, when one is wrong, then the form keeps it, and says what is allowed', async () => {
    const right = await browser.fetch(`${console}/audit?type=keys_rotated&since=1h`);
    const wrong = await browser.fetch(`${console}/audit?since=<yesterday>`);
    const unknown = await browser.fetch(`${console}/audit/login?event=000000000000000000a`);

    expect([right.status, wrong.status, unknown.status]).toEqual([200, 400, 404]);
    expect(await wrong.text()).toContain('value="&lt;yesterday&gt;"');
  });
});

describe('roles in the console', () => {
  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));
  let number = 0;

  async function as(role: OperatorRole): Promise<BrowserSession> {
    const { body } = await admin(service, 'POST', '/operators', { name: `${role} ${(number += 1)}`, role });
    return consoleBrowser(service, String(body['token']));
  }

  it('given each role, when the pages are shown, then they have what it may do and nothing else', async () => {
    const { id } = await newPerson(service, { operatorRole: 'viewer' });
    const shown: Record<string, readonly boolean[]> = {};
    for (const role of ['viewer', 'auditor', 'support', 'admin'] as const) {
      const browser = await as(role);
      const [overview, client, user, manager] = [
        await textOf(browser, console),
        await textOf(browser, `${console}/clients/demo-client`),
        await textOf(browser, `${console}/users/user0`),
        await textOf(browser, `${console}/users/${id}`),
      ];
      shown[role] = [
        overview.includes(`${console}/audit`),
        user.includes('/users/user0/links'),
        manager.includes('/links"'),
        client.includes('/secret"') && client.includes('/remove"'),
        overview.includes(`${console}/operators`),
      ];
    }

    expect(shown).toEqual({
      viewer: [false, false, false, false, false],
      auditor: [true, false, false, false, false],
      support: [true, true, false, false, false],
      admin: [true, true, true, true, true],
    });
  });

  it('given support, when a user is changed, then the address is unverified, and one with a role is refused', async () => {
    const browser = await as('support');
    const [person, manager] = [await newPerson(service), await newPerson(service, { operatorRole: 'viewer' })];

    const changed = await sendForm(browser, pathOf(person), { name: 'Carla', email: 'carla@example.com' });
    const refused = await sendForm(browser, pathOf(person), { purpose: 'recovery' }, `${pathOf(manager)}/links`);
    const { body } = await admin(service, 'GET', `/users/${person.id}`);

    expect([changed.status, refused.status]).toEqual([303, 403]);
    expect(body).toMatchObject({ name: 'Carla', email: 'carla@example.com', email_verified: false });
  });
});

describe('a list of 10,000 clients', () => {
  const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));

  it('given them, when they are paged and searched, then a page is bounded, and nothing is missed', async () => {
    const { ClientStore } = await import('../../src/domain/clients/client-store.ts');
    const clients = service.app.get(ClientStore);
    const base = await clients.find('demo-spa');
    if (base === undefined) throw new Error('no demo');
    for (let first = 0; first < 10_000; first += 100) {
      const some = Array.from({ length: 100 }, (_, at) => `app-${String(first + at).padStart(5, '0')}`);
      await Promise.all(
        some.map((clientId) => clients.add({ ...base, clientId, name: `The app ${clientId.slice(4)}` })),
      );
    }
    const browser = await consoleBrowser(service);

    const first = await textOf(browser, `${console}/clients`);
    const exact = await textOf(browser, `${console}/clients?q=app-09999`);
    let further: string | undefined = `${console}/clients?q=app%2009998`;
    let html = '';
    for (; further !== undefined && !html.includes('/clients/app-09998"');) {
      html = await textOf(browser, further);
      further = /<p class="further"><a href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
    }

    expect(first.match(/\/clients\/app-/g)).toHaveLength(50);
    expect(exact).toContain('/clients/app-09999"');
    expect(html).toContain('/clients/app-09998"');
  });
});

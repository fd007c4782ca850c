import { describe, expect, it } from '@jest/globals';
import { SessionStore } from '../../src/protocols/login/session-store';
import { newId, newSecret } from '../../src/domain/credentials/secret';
import { BrowserSession, hiddenFields, sessionIdOf } from '../support/clients/browser-session';
import { openLoginPage, sendPassword } from '../support/clients/login-page';
import { codeFor, locationOf, loggedIn, redeem, refresh, submitPassword } from '../support/clients/pkce-login';
import { errorOf } from '../support/service/envelope';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const user0 = { username: 'user0', password: 'password0' };

describe.each(storesUnderTest)('the login page on %s', (store) => {
  const service = fixture(() => startService(store));

  const openLogin = (query?: string, browser?: BrowserSession) => openLoginPage(service.url, query, browser);
  const sessionOf = (id: string) => service.app.get(SessionStore).find(id, service.clock.now());
  /** Sends the form of a page that was opened with this query. */
  async function submit(fields: Readonly<Record<string, string>>, query?: string) {
    const page = await openLogin(query);
    return { ...page, response: await page.browser.postForm('/login', { ...page.hidden, ...fields }) };
  }

  it('given no request, when the page is opened, then it is one form that no cache keeps', async () => {
    const { response, html } = await openLogin();

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(html.match(/<form/g)).toHaveLength(1);
    expect(html).toContain('<form method="post" action="/login"');
    expect(html).toContain('data-challenge="/login/wallet/challenge" data-verify="/login/wallet"');
  });

  it('given the right password, when it is sent, then a session begins and the browser goes home', async () => {
    const { browser, response } = await submit(user0);

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect((await sessionOf(sessionIdOf(browser)))?.authentication).toMatchObject({ sub: 'user0', amr: ['pwd'] });
  });

  it.each(['USER0', '\u00a0user0\t'])(
    'given the username as %j, when it is sent, then a session of the same user begins',
    async (username) => {
      const { browser } = await submit({ ...user0, username });

      expect((await sessionOf(sessionIdOf(browser)))?.authentication.sub).toBe('user0');
    },
  );

  it('given a password with a blank at its end, when it is sent, then it is another password', async () => {
    const { response } = await submit({ username: 'user0 ', password: 'password0 ' });

    expect(response.status).toBe(401);
    expect(await response.text()).toContain('value="user0"');
  });

  it('given http on loopback, when a session begins, then its cookies are out of reach of scripts and other sites', async () => {
    const { browser, response: page, hidden } = await openLogin();

    const response = await browser.postForm('/login', { ...hidden, ...user0 });

    const flags = 'Path=/; HttpOnly; SameSite=Lax';
    expect(page.headers.getSetCookie()).toEqual([
      expect.stringMatching(new RegExp(`^tessera_form=[\\w-]{43}; ${flags}$`)),
    ]);
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(new RegExp(`^tessera_session=[\\w-]{22}\\.[\\w-]{43}; Max-Age=43200; ${flags}$`)),
    ]);
  });

  it('given a session id that was planted, when its browser logs in, then the id is replaced', async () => {
    const { browser, hidden } = await openLogin();
    const [planted, secret] = [newId(), newSecret()];
    const cookie = `tessera_form=${browser.cookie('tessera_form')}; tessera_session=${planted}.${secret}`;

    await browser.postForm('/login', { ...hidden, ...user0 }, { cookie });

    expect(sessionIdOf(browser)).not.toBe(planted);
    expect(browser.cookie('tessera_session')).not.toContain(secret);
    expect(await sessionOf(planted)).toBeUndefined();
  });

  it('given a session, when its browser logs in again, then the session before is over', async () => {
    const browser = await loggedIn(service);
    const before = sessionIdOf(browser);

    await sendPassword(browser);

    expect(sessionIdOf(browser)).not.toBe(before);
    expect(await sessionOf(before)).toBeUndefined();
    expect(await sessionOf(sessionIdOf(browser))).toBeDefined();
  });

  describe('form protection', () => {
    it.each<[what: string, csrf: () => Promise<Record<string, string>>]>([
      ['no csrf field', async () => ({})],
      ['a wrong csrf field', async () => ({ csrf: newSecret() })],
      ["another browser's csrf field", async () => (await openLogin()).hidden],
    ])('given %s, when the form is sent, then it is refused', async (_what, shown) => {
      const { browser } = await openLogin();

      const response = await browser.postForm('/login', { ...(await shown()), ...user0 });

      expect(await errorOf(response)).toMatchObject({ status: 403, error: 'invalid_request', reason: 'csrf_invalid' });
      expect(browser.cookie('tessera_session')).toBeUndefined();
    });

    it('given a browser that was shown no page, when a form is sent, then it is refused', async () => {
      const { hidden } = await openLogin();

      const response = await new BrowserSession(service.url).postForm('/login', { ...hidden, ...user0 });

      expect(response.status).toBe(403);
    });

    it.each(['cross-site', 'same-site'])(
      'given a right csrf field from a %s page, when it is sent, then it is refused',
      async (site) => {
        const { browser, hidden } = await openLogin();

        const response = await browser.postForm('/login', { ...hidden, ...user0 }, { 'sec-fetch-site': site });

        expect(response.status).toBe(403);
      },
    );

    it.each(['same-origin', 'none'])(
      'given a right csrf field and Sec-Fetch-Site: %s, when it is sent, then it is accepted',
      async (site) => {
        const { browser, hidden } = await openLogin();

        const response = await browser.postForm('/login', { ...hidden, ...user0 }, { 'sec-fetch-site': site });

        expect(response.status).toBe(303);
      },
    );

    it('given two tabs, when both forms are sent, then both are accepted', async () => {
      const first = await openLogin();
      const second = await openLogin('', first.browser);

      const answers = [
        await first.browser.postForm('/login', { ...second.hidden, ...user0 }),
        await first.browser.postForm('/login', { ...first.hidden, ...user0 }),
      ];

      expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    });
  });

  describe('a login that fails', () => {
    it('given a wrong password, when it is sent, then the form is shown again with 401 and the username', async () => {
      const { browser, hidden, response } = await submit({ username: 'user0', password: 'wrong' }, 'state=abc');

      const html = await response.text();
      expect(response.status).toBe(401);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(html).toContain('role="alert"');
      expect(html).toContain('value="user0"');
      expect(html).not.toContain('wrong"');
      expect(hiddenFields(html)).toEqual(hidden);
      expect(browser.cookie('tessera_session')).toBeUndefined();
    });

    it('given an unknown user, when it is sent, then the answer is that of a wrong password, byte for byte', async () => {
      const { browser, hidden, response: wrong } = await submit({ username: 'user0', password: 'wrong' });
      const unknown = await browser.postForm('/login', { ...hidden, username: 'user9', password: 'wrong' });

      expect(unknown.status).toBe(wrong.status);
      expect(await unknown.text()).toBe((await wrong.text()).replaceAll('user0', 'user9'));
      const headers = [unknown, wrong].map(({ headers: all }) => [...all.keys()].filter((name) => name !== 'date'));
      expect(headers[0]).toEqual(headers[1]);
    });

    it.each([
      ['no username', { password: 'password0' }],
      ['no password', { username: 'user0' }],
      ['empty fields', { username: '', password: '' }],
      ['a username of 10,000 characters', { username: 'u'.repeat(10_000), password: 'password0' }],
      ['a password of 10,000 characters', { username: 'user0', password: 'p'.repeat(10_000) }],
      ['a username with a NUL byte', { username: 'user0\0', password: 'password0' }],
      ['an operator object', { 'username[$ne]': 'x', password: 'password0' }],
    ])('given %s, when it is sent, then it is a login that failed', async (_case, fields: Record<string, string>) => {
      const { response } = await submit(fields);

      expect(response.status).toBe(401);
    });

    it('given a field twice, when it is sent, then it is parameter_repeated', async () => {
      const { browser, hidden } = await openLogin();
      const body = new URLSearchParams({ ...hidden, ...user0 });
      body.append('username', 'user9');

      const response = await browser.fetch('/login', { method: 'POST', body });

      expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'parameter_repeated' });
    });

    it('given JSON, when it is sent, then it is 415', async () => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${service.url}/login`, { method: 'POST', headers, body: JSON.stringify(user0) });

      expect(response.status).toBe(415);
    });

    it('given failed logins, when the log is read, then it holds no password and no cookie', async () => {
      const { browser, hidden } = await submit({ username: 'user0', password: 'a-password-to-look-for' });
      await browser.postForm('/login', { ...hidden, ...user0 });

      const log = service.log.join('');
      for (const secret of [
        'a-password-to-look-for',
        'password0',
        browser.cookie('tessera_session')?.split('.')[1] ?? '-',
        hidden['csrf'] ?? '-',
      ]) {
        expect(log).not.toContain(secret);
      }
    });
  });

  describe('the interrupted request', () => {
    const odd = new URLSearchParams({
      client_id: 'demo-spa',
      redirect_uri: 'http://127.0.0.1:1234/callback?a=b&c=d%20e',
      state: `<b>"'&amp;+ %00 é 日本 \u{1F511};`,
      scope: 'openid profile',
    });

    it('given odd characters, when the login is done after one that failed, then the request goes on as it came', async () => {
      const { browser, response: failed } = await submit({ username: 'user0', password: 'wrong' }, odd.toString());

      const response = await browser.postForm('/login', { ...hiddenFields(await failed.text()), ...user0 });

      const location = locationOf(response, service);
      expect(location.origin + location.pathname).toBe(`${service.url}/authorize`);
      expect([...location.searchParams]).toEqual([...odd]);
    });

    it.each([
      ['prompt=login', ''],
      ['prompt=select_account+login', ''],
      ['prompt=login+consent', 'consent'],
      ['prompt=consent', 'consent'],
    ])('given %s, when the login is done, then the prompt that is left is "%s"', async (query, left) => {
      const { response } = await submit(user0, `state=s&${query}&max_age=0`);

      const { searchParams } = locationOf(response, service);
      expect(Object.fromEntries(searchParams)).toEqual({ state: 's', ...(left !== '' && { prompt: left }) });
    });

    it('given an address in place of a request, when the login is done, then the browser stays here', async () => {
      const { response } = await submit({ ...user0, request: '//evil.example/' });

      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toMatch(/^\/authorize\?/);
    });

    it('given a request over 8192 characters, when the page is opened, then it is request_too_long', async () => {
      const response = await fetch(`${service.url}/login?state=${'s'.repeat(8_192)}`);

      expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'request_too_long' });
    });

    it('given markup in what was sent, when the page is shown, then it is text', async () => {
      const markup = `"><script>alert('x')</script>`;
      const query = new URLSearchParams({ login_hint: markup, state: markup, client_id: markup }).toString();

      const { html, response: failed } = await submit({ username: markup, password: 'wrong' }, query);

      for (const page of [html, await failed.text()]) {
        expect(page).not.toContain('<script>');
        expect(page).toContain('value="&quot;&gt;&lt;script&gt;');
      }
    });

    it('given a known client, when the page is shown, then it names the client; an unknown one is not quoted', async () => {
      const known = await openLogin('client_id=demo-spa');
      const unknown = await openLogin('client_id=nobody-knows-me');

      expect(known.html).toContain('<strong>Demo single-page application</strong>');
      expect(unknown.html.replace(/<input[^>]*>/g, '')).not.toContain('nobody-knows-me');
    });
  });
});

describe('the login page of an https issuer with lifetimes of its own', () => {
  const service = fixture(() =>
    startService('lmdb', { ISSUER: 'https://auth.example', SESSION_TTL: '60', REFRESH_TOKEN_TTL: '120' }),
  );

  it('given an https issuer, when a session begins, then its cookies are Secure, bound to the host, and last as long as SESSION_TTL', async () => {
    const { browser, response: page, html } = await openLoginPage(service.url);

    const response = await submitPassword(browser, html);

    const flags = 'Path=/; HttpOnly; Secure; SameSite=Lax';
    expect(response.status).toBe(303);
    expect(page.headers.getSetCookie()).toEqual([
      expect.stringMatching(new RegExp(`^__Host-tessera_form=[\\w-]{43}; ${flags}$`)),
    ]);
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(new RegExp(`^__Host-tessera_session=[\\w-]{22}\\.[\\w-]{43}; Max-Age=60; ${flags}$`)),
    ]);
  });

  it('given a session, when its time is over, then the browser must log in again', async () => {
    const browser = await loggedIn(service);

    service.clock.advance(59_000);
    const before = await browser.fetch('/account');
    service.clock.advance(1_000);
    const after = await browser.fetch('/account');

    expect(before.status).toBe(200);
    expect(after.headers.get('location')).toMatch(/^\/login/);
  });

  it('given refresh tokens that rotate, when the time since the login is over, then the latest has expired as well', async () => {
    const code = await codeFor(service, await loggedIn(service), { scope: 'offline_access' });
    const first = await redeem(service, code);

    service.clock.advance(119_000);
    const good = await refresh(service, first.body['refresh_token']);
    service.clock.advance(1_000);
    const late = await refresh(service, good.body['refresh_token']);

    expect(good.status).toBe(200);
    expect([late.status, late.body['reason']]).toEqual([400, 'refresh_token_expired']);
  });
});

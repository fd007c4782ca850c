import { describe, expect, it } from '@jest/globals';
import { SessionStore } from '../../src/protocols/login/session-store';
import { newId, newSecret } from '../../src/domain/credentials/secret';
import { BrowserSession, hiddenFields, sessionIdOf } from '../support/clients/browser-session';
import { openLoginPage } from '../support/clients/login-page';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const password = { username: 'user0', password: 'password0' };

describe.each(storesUnderTest)('the login page on %s', (store) => {
  const service = fixture(() => startService(store));

  const openLogin = (query?: string, browser?: BrowserSession) => openLoginPage(service.url, query, browser);

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
    const { browser, hidden } = await openLogin();

    const response = await browser.postForm('/login', { ...hidden, ...password });

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const session = await service.app.get(SessionStore).find(sessionIdOf(browser), service.clock.now());
    expect(session?.authentication).toMatchObject({ sub: 'user0', amr: ['pwd'] });
  });

  it('given the username in another case, when it is sent, then a session of the same user begins', async () => {
    const { browser, hidden } = await openLogin();

    await browser.postForm('/login', { ...hidden, username: 'USER0', password: 'password0' });

    const session = await service.app.get(SessionStore).find(sessionIdOf(browser), service.clock.now());
    expect(session?.authentication.sub).toBe('user0');
  });

  it.each(['user0 ', ' user0', '\u00a0user0\t'])(
    'given the username as %j, when it is sent, then a session of the same user begins',
    async (username) => {
      const { browser, hidden } = await openLogin();

      await browser.postForm('/login', { ...hidden, username, password: 'password0' });

      const session = await service.app.get(SessionStore).find(sessionIdOf(browser), service.clock.now());
      expect(session?.authentication.sub).toBe('user0');
    },
  );

  it('given a password with a blank at its end, when it is sent, then it is another password', async () => {
    const { browser, hidden } = await openLogin();

    const response = await browser.postForm('/login', { ...hidden, username: 'user0 ', password: 'password0 ' });

    expect(response.status).toBe(401);
    expect(await response.text()).toContain('value="user0"');
  });

  it('given http on loopback, when a session begins, then its cookies are out of reach of scripts and other sites', async () => {
    const { browser, response: page, hidden } = await openLogin();

    const response = await browser.postForm('/login', { ...hidden, ...password });

    const flags = 'Path=/; HttpOnly; SameSite=Lax';
    expect(page.headers.getSetCookie()).toEqual([
      expect.stringMatching(new RegExp(`^tessera_form=[\\w-]{43}; ${flags}$`)),
    ]);
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(new RegExp(`^tessera_session=[\\w-]{22}\\.[\\w-]{43}; Max-Age=43200; ${flags}$`)),
    ]);
  });

  it('given a session of 12 hours, when they are over, then it is not found', async () => {
    const { browser, hidden } = await openLogin();
    await browser.postForm('/login', { ...hidden, ...password });
    const id = sessionIdOf(browser);
    const lifetime = 12 * 3_600_000;

    const sessions = service.app.get(SessionStore);

    expect(await sessions.find(id, service.clock.now() + lifetime - 60_000)).toBeDefined();
    expect(await sessions.find(id, service.clock.now() + lifetime)).toBeUndefined();
  });

  it('given a session id that was planted, when its browser logs in, then the id is replaced', async () => {
    const { browser, hidden } = await openLogin();
    const [planted, secret] = [newId(), newSecret()];
    const cookie = `tessera_form=${browser.cookie('tessera_form')}; tessera_session=${planted}.${secret}`;

    await browser.postForm('/login', { ...hidden, ...password }, { cookie });

    expect(sessionIdOf(browser)).not.toBe(planted);
    expect(browser.cookie('tessera_session')).not.toContain(secret);
    expect(await service.app.get(SessionStore).find(planted, service.clock.now())).toBeUndefined();
  });

  it('given a session, when its browser logs in again, then the session before is over', async () => {
    const { browser, hidden } = await openLogin();
    await browser.postForm('/login', { ...hidden, ...password });
    const before = sessionIdOf(browser);

    await browser.postForm('/login', { ...hidden, ...password });

    expect(sessionIdOf(browser)).not.toBe(before);
    expect(await service.app.get(SessionStore).find(before, service.clock.now())).toBeUndefined();
    expect(await service.app.get(SessionStore).find(sessionIdOf(browser), service.clock.now())).toBeDefined();
  });

  describe('form protection', () => {
    const refusal = { error: 'invalid_request', reason: 'csrf_invalid' };

    it('given no csrf field, when the form is sent, then it is refused', async () => {
      const { browser } = await openLogin();

      const response = await browser.postForm('/login', password);

      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject(refusal);
      expect(browser.cookie('tessera_session')).toBeUndefined();
    });

    it('given a wrong csrf field, when the form is sent, then it is refused', async () => {
      const { browser } = await openLogin();

      const response = await browser.postForm('/login', { csrf: newSecret(), ...password });

      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject(refusal);
    });

    it("given another browser's csrf field, when the form is sent, then it is refused", async () => {
      const { browser } = await openLogin();
      const other = await openLogin();

      const response = await browser.postForm('/login', { ...other.hidden, ...password });

      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject(refusal);
    });

    it('given a browser that was shown no page, when a form is sent, then it is refused', async () => {
      const { hidden } = await openLogin();

      const response = await new BrowserSession(service.url).postForm('/login', { ...hidden, ...password });

      expect(response.status).toBe(403);
    });

    it.each(['cross-site', 'same-site'])(
      'given a right csrf field from a %s page, when it is sent, then it is refused',
      async (site) => {
        const { browser, hidden } = await openLogin();

        const response = await browser.postForm('/login', { ...hidden, ...password }, { 'sec-fetch-site': site });

        expect(response.status).toBe(403);
      },
    );

    it('given a form cookie that is not ours, when the page is opened, then the browser gets a new one', async () => {
      const response = await fetch(`${service.url}/login`, {
        headers: { cookie: 'tessera_form=known-to-the-attacker' },
      });

      expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^tessera_form=[\w-]{43};/)]);
    });

    it('given two tabs, when both forms are sent, then both are accepted', async () => {
      const first = await openLogin();
      const second = await openLogin('', first.browser);

      const answers = [
        await first.browser.postForm('/login', { ...second.hidden, ...password }),
        await first.browser.postForm('/login', { ...first.hidden, ...password }),
      ];

      expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    });
  });

  describe('a login that fails', () => {
    it('given a wrong password, when it is sent, then the form is shown again with 401 and the username', async () => {
      const { browser, hidden } = await openLogin('state=abc');

      const response = await browser.postForm('/login', { ...hidden, username: 'user0', password: 'wrong' });

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
      const { browser, hidden } = await openLogin();

      const wrong = await browser.postForm('/login', { ...hidden, username: 'user0', password: 'wrong' });
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
      const { browser, hidden } = await openLogin();

      const response = await browser.postForm('/login', { ...hidden, ...fields });

      expect(response.status).toBe(401);
    });

    it('given a field twice, when it is sent, then it is parameter_repeated', async () => {
      const { browser, hidden } = await openLogin();
      const body = new URLSearchParams({ ...hidden, ...password });
      body.append('username', 'user9');

      const response = await browser.fetch('/login', { method: 'POST', body });

      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ reason: 'parameter_repeated' });
    });

    it('given JSON, when it is sent, then it is 415', async () => {
      const { browser } = await openLogin();

      const response = await browser.fetch('/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: { $ne: null }, password: { $ne: null } }),
      });

      expect(response.status).toBe(415);
    });

    it('given failed logins, when the log is read, then it holds no password and no cookie', async () => {
      const { browser, hidden } = await openLogin();

      await browser.postForm('/login', { ...hidden, username: 'user0', password: 'a-password-to-look-for' });
      await browser.postForm('/login', { ...hidden, ...password });

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

    it('given odd characters, when the login is done, then the request goes on as it came', async () => {
      const { browser, hidden } = await openLogin(odd.toString());

      const response = await browser.postForm('/login', { ...hidden, ...password });

      const location = new URL(response.headers.get('location') ?? '', service.url);
      expect(location.origin + location.pathname).toBe(`${service.url}/authorize`);
      expect([...location.searchParams]).toEqual([...odd]);
    });

    it('given a failed login before, when the login is done, then the request goes on as it came', async () => {
      const { browser, hidden } = await openLogin(odd.toString());
      const failed = await browser.postForm('/login', { ...hidden, username: 'user0', password: 'wrong' });

      const response = await browser.postForm('/login', { ...hiddenFields(await failed.text()), ...password });

      const location = new URL(response.headers.get('location') ?? '', service.url);
      expect([...location.searchParams]).toEqual([...odd]);
    });

    it.each([
      ['prompt=login', ''],
      ['prompt=select_account+login', ''],
      ['prompt=login+consent', 'consent'],
      ['prompt=consent', 'consent'],
    ])('given %s, when the login is done, then the prompt that is left is "%s"', async (query, left) => {
      const { browser, hidden } = await openLogin(`state=s&${query}&max_age=0`);

      const response = await browser.postForm('/login', { ...hidden, ...password });

      const location = new URL(response.headers.get('location') ?? '', service.url);
      expect(location.searchParams.get('prompt') ?? '').toBe(left);
      expect(location.searchParams.has('max_age')).toBe(false);
      expect(location.searchParams.get('state')).toBe('s');
    });

    it.each([
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example',
      '#',
      '\r\nLocation: https://evil.example/',
    ])('given %j in place of a request, when the login is done, then the browser stays here', async (request) => {
      const { browser, hidden } = await openLogin();

      const response = await browser.postForm('/login', { ...hidden, ...password, request });

      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toMatch(/^\/authorize\?/);
    });

    it('given a request over 8192 characters, when the page is opened, then it is request_too_long', async () => {
      const response = await fetch(`${service.url}/login?state=${'s'.repeat(8_192)}`);

      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: 'invalid_request', reason: 'request_too_long' });
    });

    it('given markup in what was sent, when the page is shown, then it is text', async () => {
      const markup = `"><script>alert('x')</script>`;
      const { browser, html, hidden } = await openLogin(
        new URLSearchParams({ login_hint: markup, state: markup, client_id: markup }).toString(),
      );

      const failed = await browser.postForm('/login', { ...hidden, username: markup, password: 'wrong' });

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

describe('the login page of an https issuer', () => {
  const service = fixture(() => startService('lmdb', { ISSUER: 'https://auth.example' }));

  it('given an https issuer, when a session begins, then its cookies are Secure and bound to the host', async () => {
    const browser = new BrowserSession(service.url);
    const page = await browser.fetch('/login');

    const response = await browser.postForm('/login', { ...hiddenFields(await page.text()), ...password });

    const flags = 'Path=/; HttpOnly; Secure; SameSite=Lax';
    expect(response.status).toBe(303);
    expect(page.headers.getSetCookie()).toEqual([
      expect.stringMatching(new RegExp(`^__Host-tessera_form=[\\w-]{43}; ${flags}$`)),
    ]);
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(new RegExp(`^__Host-tessera_session=[\\w-]{22}\\.[\\w-]{43}; Max-Age=43200; ${flags}$`)),
    ]);
  });
});

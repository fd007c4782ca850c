import { describe, expect, it } from '@jest/globals';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { authorizationQuery, type Fields, locationOf, loggedIn, submitPassword } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const json = { accept: 'application/json' };

describe.each(storesUnderTest)('/authorize on %s', (store) => {
  const service = fixture(() => startService(store));
  const browser = fixture(() => loggedIn(service));

  const ask = (changes?: Fields, by = browser) =>
    by.fetch(`/authorize?${authorizationQuery(changes)}`, { headers: json });
  const answerOf = (response: Response) => Object.fromEntries(locationOf(response, service).searchParams);

  describe('a request that is refused on the spot', () => {
    const method = {
      reason: 'code_challenge_method_unsupported',
      description: 'Only S256 code_challenge_method is supported',
    };
    const malformed = { reason: 'code_challenge_malformed', description: 'Invalid code_challenge' };
    const unregistered = { reason: 'redirect_uri_unregistered' };
    const cases: [string, Fields, { reason: string; description?: string }][] = [
      ['an unknown client', { client_id: 'nobody' }, { reason: 'client_unknown' }],
      ['no client', { client_id: undefined }, { reason: 'client_unknown' }],
      ['a client id with a NUL byte', { client_id: 'demo-spa\0' }, { reason: 'client_unknown' }],
      ['a prototype key as client', { client_id: '__proto__' }, { reason: 'client_unknown' }],
      ['no redirect URI', { redirect_uri: undefined }, unregistered],
      ['a redirect URI of another client', { redirect_uri: 'http://127.0.0.1/partner' }, unregistered],
      ['a redirect URI that only begins as one', { redirect_uri: 'http://127.0.0.1/callback/x' }, unregistered],
      ['a redirect URI with a query', { redirect_uri: 'http://127.0.0.1/callback?x' }, unregistered],
      ['a redirect URI with a fragment', { redirect_uri: 'http://127.0.0.1/callback#x' }, unregistered],
      ['a redirect URI with a user', { redirect_uri: 'http://evil@127.0.0.1/callback' }, unregistered],
      ['a redirect URI that parses alike', { redirect_uri: 'http://127.0.0.1/x/../callback' }, unregistered],
      ['a loopback host under another name', { redirect_uri: 'http://2130706433/callback' }, unregistered],
      ['a host that begins as loopback', { redirect_uri: 'http://127.0.0.1.evil.example/callback' }, unregistered],
      ['https on loopback', { redirect_uri: 'https://127.0.0.1/callback' }, unregistered],
      ['localhost in place of its address', { redirect_uri: 'http://localhost/callback' }, unregistered],
      ['localhost on another path', { redirect_uri: 'http://localhost:1/demo/callback' }, unregistered],
      [
        'localhost on another port, of a confidential client',
        { client_id: 'demo-client', redirect_uri: 'http://localhost:1/demo/web/callback' },
        unregistered,
      ],
      ['a port that is none', { redirect_uri: 'http://127.0.0.1:65536/callback' }, unregistered],
      ['no state', { state: undefined }, { reason: 'state_required' }],
      ['an empty state', { state: '' }, { reason: 'state_required' }],
      ['no challenge', { code_challenge: undefined }, { reason: 'code_challenge_required' }],
      ['plain', { code_challenge_method: 'plain' }, method],
      ['another method', { code_challenge_method: 'S512' }, method],
      ['the method in lower case', { code_challenge_method: 's256' }, method],
      ['no method', { code_challenge_method: undefined }, method],
      ['a challenge of 42 characters', { code_challenge: 'c'.repeat(42) }, malformed],
      ['a challenge of 44 characters', { code_challenge: 'c'.repeat(44) }, malformed],
      ['a padded challenge', { code_challenge: `${'c'.repeat(42)}=` }, malformed],
      ['a challenge in plain base64', { code_challenge: `${'c'.repeat(42)}+` }, malformed],
      ['a challenge with a line feed', { code_challenge: `${'c'.repeat(43)}\n` }, malformed],
      // Two mistakes: the one that docs/http-api.md names first is told.
      ['no state, and no redirect URI', { state: undefined, redirect_uri: undefined }, unregistered],
      ['no state, and no challenge', { state: undefined, code_challenge: undefined }, { reason: 'state_required' }],
      [
        'no challenge, and plain',
        { code_challenge: undefined, code_challenge_method: 'plain' },
        { reason: 'code_challenge_required' },
      ],
      ['a malformed challenge, and plain', { code_challenge: 'c', code_challenge_method: 'plain' }, method],
      ['a malformed challenge, and a wrong scope', { code_challenge: 'c', scope: 'x' }, malformed],
    ];

    it.each(cases)('given %s, when it is asked, then it is 400 and no redirect', async (_case, changes, expected) => {
      const response = await ask(changes);

      expect(response.status).toBe(400);
      expect(response.headers.has('location')).toBe(false);
      expect(response.headers.get('cache-control')).toBe('no-store');
      const description = expected.description ?? expect.any(String);
      expect(await response.json()).toEqual({
        error: 'invalid_request',
        error_description: description,
        reason: expected.reason,
      });
    });

    it.each(['client_id', 'redirect_uri', 'state', 'code_challenge', 'code_challenge_method', 'scope', 'extension'])(
      'given %s twice, when it is asked, then it is parameter_repeated and no redirect',
      async (name) => {
        const query = authorizationQuery();
        query.append(name, 'one more');
        if (query.getAll(name).length < 2) query.append(name, 'one more');

        const response = await browser.fetch(`/authorize?${query}`, { headers: json });

        expect(response.status).toBe(400);
        expect(response.headers.has('location')).toBe(false);
        expect(await response.json()).toMatchObject({ error: 'invalid_request', reason: 'parameter_repeated' });
      },
    );

    it('given a browser, when it asks without a state, then a page names the mistake and how to fix it', async () => {
      const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

      const response = await browser.fetch(`/authorize?${authorizationQuery({ state: undefined })}`, {
        headers: { accept },
      });

      const html = await response.text();
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(html).toContain('state_required');
      expect(html).toContain('How to fix it');
    });
  });

  describe('a request that is refused by redirect', () => {
    const cases: [string, Fields, string][] = [
      ['no response type', { response_type: undefined }, 'invalid_request'],
      ['response type token', { response_type: 'token' }, 'unsupported_response_type'],
      ['response type code id_token', { response_type: 'code id_token' }, 'unsupported_response_type'],
      ['response mode fragment', { response_mode: 'fragment' }, 'invalid_request'],
      ['a request object', { request: 'e30.e30.' }, 'request_not_supported'],
      ['a request URI', { request_uri: 'https://client.example/request' }, 'request_uri_not_supported'],
      ['unknown scopes alone', { scope: 'admin $ne' }, 'invalid_scope'],
      ['an unknown prompt', { prompt: 'sing' }, 'invalid_request'],
      ['prompt none with another', { prompt: 'none login' }, 'invalid_request'],
      ['a negative max_age', { max_age: '-1' }, 'invalid_request'],
      ['a foreign resource', { resource: 'https://other.example' }, 'invalid_target'],
      ['a resource that is no URI', { resource: '../me' }, 'invalid_target'],
      ['a nonce of 513 characters', { nonce: 'n'.repeat(513) }, 'invalid_request'],
    ];

    it.each(cases)('given %s, when it is asked, then the client is told', async (_case, changes, error) => {
      const response = await ask(changes);

      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1\/callback\?/);
      expect(answerOf(response)).toEqual({
        error,
        error_description: expect.any(String),
        state: 'state-of-the-browser',
        iss: service.url,
      });
    });

    it('given no session and prompt none, when it is asked, then it is login_required', async () => {
      const response = await ask({ prompt: 'none' }, new BrowserSession(service.url));

      expect(response.status).toBe(303);
      expect(answerOf(response)).toMatchObject({
        error: 'login_required',
        state: 'state-of-the-browser',
        iss: service.url,
      });
    });

    it('given a third party without a grant and prompt none, when it is asked, then it is consent_required', async () => {
      const response = await ask({
        client_id: 'demo-partner',
        redirect_uri: 'http://127.0.0.1/partner',
        prompt: 'none',
      });

      expect(answerOf(response)).toMatchObject({ error: 'consent_required' });
    });
  });

  describe('a request that is granted', () => {
    it('given a session, when it is asked, then the redirect has exactly code, state and iss', async () => {
      const response = await ask();

      expect(response.status).toBe(303);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(answerOf(response)).toEqual({
        code: expect.stringMatching(/^[\w-]{43}$/),
        state: 'state-of-the-browser',
        iss: service.url,
      });
    });

    it('given a form, when it is posted, then the answer is that of the query', async () => {
      const response = await browser.fetch('/authorize', { method: 'POST', body: authorizationQuery() });

      expect(response.status).toBe(303);
      expect(Object.keys(answerOf(response)).toSorted()).toEqual(['code', 'iss', 'state']);
    });

    it.each([
      'http://127.0.0.1:1/callback',
      'http://127.0.0.1:51004/callback',
      'http://127.0.0.1:65535/callback',
      'http://127.0.0.1/callback',
    ])('given the loopback redirect URI %s, when it is asked, then the answer goes there', async (uri) => {
      const response = await ask({ redirect_uri: uri });

      expect(response.headers.get('location')?.startsWith(`${uri}?code=`)).toBe(true);
    });

    it.each([true, false])(
      'given the redirect URI on localhost (on its port: %s), when it is asked, then the answer goes there',
      async (same) => {
        const uri = `${same ? service.url : 'http://localhost:1'}/demo/spa/callback`;

        const response = await ask({ redirect_uri: uri });

        expect(response.headers.get('location')?.startsWith(`${uri}?code=`)).toBe(true);
      },
    );

    it('given a state with every kind of character, when it is asked, then it comes back as it was', async () => {
      const state = `\r\nSet-Cookie: a=b &"'<>%00\0 é 日本 \u{1F511} ${'x'.repeat(500)}`;

      const response = await ask({ state });

      expect(answerOf(response)['state']).toBe(state);
      expect(response.headers.getSetCookie()).toEqual([]);
    });

    it('given a resource twice, when both are this server, then it is granted', async () => {
      const query = authorizationQuery();
      query.append('resource', service.url);
      query.append('resource', `${service.url}/`);

      const response = await browser.fetch(`/authorize?${query}`);

      expect(answerOf(response)).toHaveProperty('code');
    });
  });

  describe('the login', () => {
    it('given no session, when it is asked, then the browser is sent to the login form and on with a code', async () => {
      const visitor = new BrowserSession(service.url);
      const asked = await ask({}, visitor);
      const login = asked.headers.get('location') ?? '';
      const page = await visitor.fetch(login);
      const resumed = await submitPassword(visitor, await page.text());

      const response = await visitor.fetch(resumed.headers.get('location') ?? '');

      expect([asked.status, page.status, resumed.status, response.status]).toEqual([303, 200, 303, 303]);
      expect(login).toMatch(/^\/login\?/);
      expect(Object.keys(answerOf(response)).toSorted()).toEqual(['code', 'iss', 'state']);
    });

    it.each(['login', 'select_account'])(
      'given a session and prompt %s, when it is asked, then one must log in again',
      async (prompt) => {
        const asked = await ask({ prompt });
        const page = await browser.fetch(asked.headers.get('location') ?? '');
        const resumed = await submitPassword(browser, await page.text());

        const response = await browser.fetch(resumed.headers.get('location') ?? '');

        expect(asked.headers.get('location')).toMatch(/^\/login\?/);
        expect(answerOf(response)).toHaveProperty('code');
      },
    );

    it('given a login that is older than max_age, when it is asked, then one must log in again', async () => {
      const visitor = await loggedIn(service);
      const fresh = await ask({ max_age: '60' }, visitor);
      service.clock.advance(62_000);

      const stale = await ask({ max_age: '60' }, visitor);
      const silent = await ask({ max_age: '60', prompt: 'none' }, visitor);

      expect(answerOf(fresh)).toHaveProperty('code');
      expect(stale.headers.get('location')).toMatch(/^\/login\?/);
      expect(answerOf(silent)).toMatchObject({ error: 'login_required' });
    });
  });

  describe('the consent', () => {
    const partner = { client_id: 'demo-partner', redirect_uri: 'http://127.0.0.1/partner' };

    async function consentPage(changes: Fields = {}, visitor = browser) {
      const response = await ask({ ...partner, ...changes }, visitor);
      const html = await response.text();
      return { response, html, hidden: hiddenFields(html) };
    }

    it('given a third party, when it asks at first, then the consent page is one form with two buttons', async () => {
      const { response, html, hidden } = await consentPage();

      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(html.match(/<form/g)).toHaveLength(1);
      expect(html.match(/<button[^>]*name="decision" value="(?:allow|deny)"/g)).toHaveLength(2);
      expect(Object.keys(hidden)).not.toHaveLength(0);
      expect(html).toContain('Demo partner');
    });

    it('given a denial, when it is sent, then the client is told access_denied', async () => {
      const { hidden } = await consentPage();

      const response = await browser.postForm('/consent', { ...hidden, decision: 'deny' });

      expect(response.status).toBe(303);
      expect(locationOf(response, service).href).toMatch(/^http:\/\/127\.0\.0\.1\/partner\?/);
      expect(answerOf(response)).toEqual({
        error: 'access_denied',
        error_description: expect.any(String),
        state: 'state-of-the-browser',
        iss: service.url,
      });
    });

    it('given no csrf field, when a decision is sent, then it is refused', async () => {
      const { hidden } = await consentPage();

      const response = await browser.postForm('/consent', { request: hidden['request'] ?? '', decision: 'allow' });

      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ reason: 'csrf_invalid' });
    });

    it('given no decision, when the form is sent, then it is refused', async () => {
      const { hidden } = await consentPage();

      const response = await browser.postForm('/consent', hidden);

      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ reason: 'decision_required' });
    });

    it('given a request without a challenge in the form, when it is allowed, then it is refused as at /authorize', async () => {
      const { hidden } = await consentPage();
      const request = new URLSearchParams(hidden['request']);
      request.delete('code_challenge');

      const response = await browser.postForm('/consent', {
        ...hidden,
        request: request.toString(),
        decision: 'allow',
      });

      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ reason: 'code_challenge_required' });
    });

    it('given no session any more, when a decision is sent, then the browser is sent to the login', async () => {
      const visitor = new BrowserSession(service.url);
      const { csrf = '' } = hiddenFields(await (await visitor.fetch('/login')).text());
      const request = authorizationQuery(partner).toString();

      const response = await visitor.postForm('/consent', { csrf, request, decision: 'allow' });

      expect(response.headers.get('location')).toMatch(/^\/login\?/);
    });

    it('given another login since the page was shown, when it is allowed, then it is asked for again, and nobody consented', async () => {
      const visitor = await loggedIn(service);
      const { hidden } = await consentPage({}, visitor);
      await submitPassword(visitor, await (await visitor.fetch('/login')).text());

      const response = await visitor.postForm('/consent', { ...hidden, decision: 'allow' });
      const again = await consentPage({}, visitor);

      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toMatch(/^\/authorize\?/);
      expect(again.hidden['asked']).not.toBe(hidden['asked']);
      expect(again.html).toContain('name="decision"');
    });

    it('given an allowance, when the client asks again, then it is not asked for again, but for more it is', async () => {
      const { hidden } = await consentPage({ scope: 'openid profile' });
      const allowed = await browser.postForm('/consent', { ...hidden, decision: 'allow' });
      const again = await ask({ ...partner, scope: 'openid', prompt: 'none' });
      const wider = await consentPage({ scope: 'openid offline_access' });
      const prompted = await consentPage({ scope: 'openid', prompt: 'consent' });

      expect(Object.keys(answerOf(allowed)).toSorted()).toEqual(['code', 'iss', 'state']);
      expect(answerOf(again)).toHaveProperty('code');
      expect(wider.html).toContain('name="decision"');
      expect(prompted.html).toContain('name="decision"');
    });
  });
});

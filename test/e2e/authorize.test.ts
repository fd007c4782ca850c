import { describe, expect, it } from '@jest/globals';
import { BrowserSession } from '../support/clients/browser-session';
import { authorizationQuery, type Fields, locationOf, loggedIn, submitPassword } from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { errorOf } from '../support/service/envelope';
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
      error_description: 'Only S256 code_challenge_method is supported',
    };
    const malformed = { reason: 'code_challenge_malformed', error_description: 'Invalid code_challenge' };
    const unregistered = { reason: 'redirect_uri_unregistered' };
    const cases: [string, Fields, { reason: string; error_description?: string }][] = [
      ['an unknown client', { client_id: 'nobody' }, { reason: 'client_unknown' }],
      ['no client', { client_id: undefined }, { reason: 'client_unknown' }],
      ['a client id with a NUL byte', { client_id: 'demo-spa\0' }, { reason: 'client_unknown' }],
      ['a prototype key as client', { client_id: '__proto__' }, { reason: 'client_unknown' }],
      ['no redirect URI', { redirect_uri: undefined }, unregistered],
      ['a redirect URI of another client', { redirect_uri: 'http://127.0.0.1/partner' }, unregistered],
      ['a redirect URI that only begins as one', { redirect_uri: 'http://127.0.0.1/callback/x' }, unregistered],
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

      expect(response.headers.has('location')).toBe(false);
      expect(response.headers.get('cache-control')).toBe('no-store');
      const refused = { status: 400, error: 'invalid_request', error_description: expect.any(String) };
      expect(await errorOf(response)).toEqual({ ...refused, ...expected });
    });

    it.each(['client_id', 'redirect_uri', 'state', 'code_challenge', 'code_challenge_method', 'scope', 'extension'])(
      'given %s twice, when it is asked, then it is parameter_repeated and no redirect',
      async (name) => {
        const query = authorizationQuery();
        query.append(name, 'one more');
        if (query.getAll(name).length < 2) query.append(name, 'one more');

        const response = await browser.fetch(`/authorize?${query}`, { headers: json });

        expect(response.headers.has('location')).toBe(false);
        expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'parameter_repeated' });
      },
    );
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
      ['a max_age with its unit', { max_age: '60s' }, 'invalid_request'],
      ['a foreign resource', { resource: 'https://other.example' }, 'invalid_target'],
      ['a resource that is no URI', { resource: '../me' }, 'invalid_target'],
      ['a nonce of 513 characters', { nonce: 'n'.repeat(513) }, 'invalid_request'],
      ['a dpop_jkt that is no thumbprint', { dpop_jkt: 'k'.repeat(42) }, 'invalid_request'],
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
  });

  it('given a client without the grant type, when it asks for a code, then it is unauthorized_client', async () => {
    const { clientId } = await registerClient(service, { grantTypes: ['client_credentials'] });

    const response = await ask({ client_id: clientId });

    expect(answerOf(response)).toMatchObject({ error: 'unauthorized_client', state: 'state-of-the-browser' });
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

    it.each([{ nonce: 'n'.repeat(512) }, { max_age: '999999999' }, { dpop_jkt: 'k'.repeat(43) }])(
      'given the most that a parameter may be (%j), when it is asked, then there is a code',
      async (changes) => {
        const response = await ask(changes);

        expect(answerOf(response)).toHaveProperty('code');
      },
    );

    it('given a loopback redirect URI on a port of its own, when it is asked, then the answer goes there', async () => {
      const response = await ask({ redirect_uri: 'http://127.0.0.1:51004/callback' });

      expect(response.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:51004\/callback\?code=/);
    });

    it('given a state with every kind of character, when it is asked, then it comes back as it was', async () => {
      const state = `\r\nSet-Cookie: a=b &"'<>%00\0 é 日本 \u{1F511} ${'x'.repeat(500)}`;

      const response = await ask({ state });

      expect(answerOf(response)['state']).toBe(state);
      expect(response.headers.getSetCookie()).toEqual([]);
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
});

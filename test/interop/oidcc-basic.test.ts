import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { BrowserSession } from '../support/clients/browser-session';
import { authorizationQuery, askWith, loggedIn, redeem, codeFor, refresh } from '../support/clients/pkce-login';
import { RelyingParty } from '../support/clients/relying-party';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

/**
 * The modules of the plan `oidcc-basic-certification-test-plan` of the OpenID conformance suite, each test beginning with
 * the name of its module; PKCE is added, since it is required here. Not here: oidcc-idtoken-unsigned and
 * oidcc-scope-address and -phone, which the suite skips for servers like this one.
 * Source: OpenID conformance suite, OIDCCBasicTestPlan.java.
 */
describe.each(storesUnderTest)('oidcc-basic on %s', (store) => {
  const service = fixture(() => startService(store));
  const browser = fixture(() => loggedIn(service));
  /** At a browser in which the end-user has logged in. */
  const party = fixture(() => new RelyingParty(service, browser));

  const newcomer = () => new RelyingParty(service, new BrowserSession(service.url));
  const userinfo = (accessToken: unknown) => askWith(service, accessToken, '/userinfo');

  it('oidcc-server: given a login with openid, when it is done, then every answer is as the specification says', async () => {
    const { login, body, idToken } = await newcomer().tokens();

    const answered = await userinfo(body['access_token']);

    const half = hash('sha256', String(body['access_token']), 'buffer').subarray(0, 16).toString('base64url');
    expect(login.passwordsAsked).toBe(1);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: expect.any(Number), scope: 'openid' });
    expect(idToken).toMatchObject({ sub: 'user0', at_hash: half });
    expect(await answered.json()).toEqual({ sub: 'user0' });
  });

  it('oidcc-response-type-missing: given no response_type, when it is asked, then the client is told', async () => {
    const { callback } = await party.logIn({ response_type: undefined });

    expect(callback.get('error')).toBe('invalid_request');
    expect(callback.has('code')).toBe(false);
  });

  it('oidcc-idtoken-signature: given an ID token, when its header is read, then it is RS256 by a key of the JWKS', async () => {
    const { body } = await party.tokens();

    const { alg, kid } = decodeProtectedHeader(String(body['id_token']));

    const { keys } = (await (await fetch(`${service.url}/.well-known/jwks.json`)).json()) as {
      keys: { kid: string }[];
    };
    expect(alg).toBe('RS256');
    expect(keys.map((key) => key.kid)).toContain(kid);
  });

  it('oidcc-userinfo-get, -post-header, -post-body: given a token, when it is sent in each way, then each answers the same', async () => {
    const { body, idToken } = await party.tokens();
    const authorization = `Bearer ${String(body['access_token'])}`;
    const form = new URLSearchParams({ access_token: String(body['access_token']) });
    const url = `${service.url}/userinfo`;

    const answers = await Promise.all([
      fetch(url, { headers: { authorization } }),
      fetch(url, { method: 'POST', headers: { authorization } }),
      fetch(url, { method: 'POST', body: form }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const answer of answers) expect(await answer.json()).toEqual({ sub: idToken.sub });
  });

  it('oidcc-ensure-request-without-nonce-succeeds-for-code-flow: given no nonce, when it logs in, then the ID token has none', async () => {
    const { idToken } = await party.tokens({ nonce: undefined });

    expect(idToken).not.toHaveProperty('nonce');
  });

  it.each([
    ['oidcc-scope-profile', 'openid profile', ['preferred_username']],
    ['oidcc-scope-email', 'openid email', []],
    ['oidcc-scope-all', 'openid email phone address profile', ['preferred_username']],
    ['oidcc-alternate-happy-flow', 'profile openid', ['preferred_username']],
  ])('%s: given the scope %s, then /userinfo has its claims, the ID token not', async (_, scope, names) => {
    const { body, idToken } = await party.tokens({ scope });
    const claims = (await (await userinfo(body['access_token'])).json()) as object;

    expect(Object.keys(claims)).toEqual(expect.arrayContaining(['sub', ...names]));
    expect(Object.keys(idToken)).not.toEqual(expect.arrayContaining(['preferred_username']));
  });

  it.each([
    ['oidcc-display-page', { display: 'page' }],
    ['oidcc-display-popup', { display: 'popup' }],
    ['oidcc-ensure-request-with-unknown-parameter-succeeds', { extra: 'foobar' }],
    ['oidcc-login-hint', { login_hint: 'buffy@rp.example' }],
    ['oidcc-ui-locales', { ui_locales: 'se' }],
    ['oidcc-claims-locales', { claims_locales: 'se' }],
    ['oidcc-ensure-request-with-acr-values-succeeds', { acr_values: '1 2' }],
    ['oidcc-claims-essential', { claims: JSON.stringify({ userinfo: { name: { essential: true } } }) }],
    ['oidcc-ensure-request-with-valid-pkce-succeeds', {}],
  ])('%s: given %j, when it logs in, then it succeeds', async (_, changes) => {
    const { idToken } = await party.tokens(changes);

    expect(idToken.sub).toBe('user0');
    expect(idToken).not.toHaveProperty('name');
  });

  it('oidcc-prompt-login: given a session, when it asks with prompt=login, then the end-user logs in again, later', async () => {
    const visitor = newcomer();
    const first = await visitor.tokens();
    service.clock.advance(1_100);

    const second = await visitor.tokens({ prompt: 'login' });

    expect(second.login.passwordsAsked).toBe(1);
    expect(Number(second.idToken['auth_time'])).toBeGreaterThan(Number(first.idToken['auth_time']));
  });

  it('oidcc-prompt-none-not-logged-in: given no session, when it asks with prompt=none, then it is login_required', async () => {
    const { callback } = await newcomer().logIn({ prompt: 'none' });

    expect(callback.get('error')).toBe('login_required');
    expect(callback.has('code')).toBe(false);
  });

  it.each(['oidcc-prompt-none-logged-in', 'oidcc-id-token-hint'])(
    '%s: given a session, when it asks with prompt=none, then the same end-user and login come back at once',
    async (module) => {
      const first = await party.tokens();
      const hint = module === 'oidcc-id-token-hint' ? { id_token_hint: String(first.body['id_token']) } : {};

      const second = await party.tokens({ prompt: 'none', ...hint });

      expect(second.login.passwordsAsked).toBe(0);
      const { sub, auth_time: authTime } = first.idToken;
      expect(second.idToken).toMatchObject({ sub, auth_time: authTime });
    },
  );

  it.each([
    ['oidcc-max-age-1', '1', 1],
    ['oidcc-max-age-10000', '10000', 0],
  ])('%s: given a login 2 s ago, when it asks with max_age=%s, then %i passwords are asked', async (_, age, asked) => {
    const visitor = newcomer();
    const first = await visitor.tokens();
    service.clock.advance(2_000);

    const second = await visitor.tokens({ max_age: age });

    expect(second.login.passwordsAsked).toBe(asked);
    const later = Number(second.idToken['auth_time']) - Number(first.idToken['auth_time']);
    expect(later > 0).toBe(asked === 1);
  });

  it.each([
    ['oidcc-codereuse', 0, 200],
    ['oidcc-codereuse-30seconds', 30_000, 401],
  ])('%s: given a code spent %i ms ago, when it comes again, then it is invalid_grant', async (_, wait, status) => {
    const login = await party.logIn();
    const first = await login.redeem();
    service.clock.advance(wait);

    const second = await login.redeem();

    expect([first.status, second.status, second.body['error']]).toEqual([200, 400, 'invalid_grant']);
    // A concurrent duplicate of the request that won revokes nothing.
    expect((await userinfo(first.body['access_token'])).status).toBe(status);
  });

  it('oidcc-ensure-registered-redirect-uri: given another redirect URI, when it is asked, then it is an error page', async () => {
    const query = authorizationQuery({ client_id: 'demo-client', redirect_uri: 'http://127.0.0.1/callback/other' });

    const response = await browser.fetch(`/authorize?${query}`, { headers: { accept: 'text/html' } });

    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.has('location')).toBe(false);
  });

  it('oidcc-ensure-post-request-succeeds: given a form, when it is posted to /authorize, then it logs in', async () => {
    const { redeem: redeemCode } = await party.logIn({}, 'POST');

    expect((await redeemCode()).status).toBe(200);
  });

  it('oidcc-server-client-secret-post: given the secret in the form, when a code is redeemed, then it succeeds', async () => {
    const { redeem: redeemCode } = await party.logIn();

    const { status } = await redeemCode({ client_id: 'demo-client', client_secret: 'demo-secret' });

    expect(status).toBe(200);
  });

  it.each([
    [
      'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
      'request_uri',
      'https://rp.example/request.jwt',
      'request_uri_not_supported',
    ],
    [
      'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
      'request',
      'eyJhbGciOiJub25lIn0.e30.',
      'request_not_supported',
    ],
  ])('%s: given %s, when it is asked, then it is rejected as unsupported', async (_, name, value, error) => {
    const { callback } = await party.logIn({ [name]: value });

    expect(callback.get('error')).toBe(error);
    expect(callback.has('code')).toBe(false);
  });

  it('oidcc-ensure-request-object-with-redirect-uri: given a bad redirect URI beside one in a request object, when it is asked, then it is an error page', async () => {
    const object = Buffer.from(JSON.stringify({ redirect_uri: 'http://127.0.0.1/callback' })).toString('base64url');
    const request = `eyJhbGciOiJub25lIn0.${object}.`;
    const query = authorizationQuery({ client_id: 'demo-client', redirect_uri: 'https://bad.example/cb', request });

    const response = await browser.fetch(`/authorize?${query}`);

    expect([response.status, response.headers.has('location')]).toEqual([400, false]);
  });

  it('oidcc-refresh-token: given a refresh token, when it is used, then the ID token is of the same login, and another client has no use of it', async () => {
    const first = await party.tokens({ scope: 'openid offline_access', prompt: 'consent' });
    const { body: refreshed } = await party.refresh(first.body['refresh_token']);
    const { payload } = await party.verify(refreshed['id_token'], { nonce: undefined });
    const ofAnother = await redeem(service, await codeFor(service, browser, { scope: 'offline_access' }));

    const stolen = await refresh(service, refreshed['refresh_token'], { client_id: 'demo-spa' });
    const crossed = await party.refresh(ofAnother.body['refresh_token']);

    const { iss, sub, aud, auth_time: authTime } = first.idToken;
    expect(payload).toMatchObject({ iss, sub, aud, auth_time: authTime });
    expect(String(refreshed['refresh_token'])).toMatch(/^[\x20-\x7e]+$/);
    expect((await userinfo(refreshed['access_token'])).status).toBe(200);
    for (const { status, body } of [stolen, crossed]) expect([status, body['error']]).toEqual([400, 'invalid_grant']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { KeyedClient } from '../support/clients/fapi2-client';
import { authorizationQuery, type Fields, locationOf, loggedIn, submitPassword } from '../support/clients/pkce-login';
import { openingPath } from '../support/clients/pushed-request';
import { registerApi } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import type { Answer } from '../support/clients/wallet';

const json = { accept: 'application/json' };
const errorOf = ({ status, body }: Answer) => [status, body['error']];
const refreshing = (refreshToken: unknown): Fields => ({
  grant_type: 'refresh_token',
  refresh_token: String(refreshToken),
});

/*
 * Each test is named by the module of the OpenID Foundation's conformance suite that it comes from, without the prefix
 * fapi2-security-profile-final-; of its variants those for private_key_jwt, DPoP, unsigned requests and plain responses.
 * A client of ours must send its requests with `S256`, as the profile says, and `state` only where it is registered so.
 */
describe.each(storesUnderTest)('the FAPI 2.0 Security Profile on %s', (store) => {
  const service = fixture(() => startService(store, { AUTHORIZATION_CODE_TTL: '600' }));
  const browser = fixture(() => loggedIn(service));
  const client = fixture(() => KeyedClient.ofFapi2(service));
  const other = fixture(() => KeyedClient.ofFapi2(service));

  const open = (requestUri: string, by = browser, clientId = client.clientId, more: Fields = {}) =>
    by.fetch(openingPath(clientId, requestUri, more), { headers: json });
  const answerOf = (response: Response) => Object.fromEntries(locationOf(response, service).searchParams);
  const refreshToken = async () =>
    (await client.redeem(await client.code(browser, { scope: 'openid offline_access' }))).body['refresh_token'];
  const now = () => Math.floor(service.clock.now() / 1000);

  describe('happy-flow, discovery-end-point-verification', () => {
    it.each(['PS256', 'ES256', 'EdDSA'])(
      'given a client with a key of %s, when it logs in, then nothing of its tokens is signed by RS256',
      async (algorithm) => {
        const signing = await KeyedClient.ofFapi2(service, {}, algorithm);

        const { status, body } = await signing.redeem(await signing.code(browser, { nonce: 'n' }));

        expect(status).toBe(200);
        const idToken = String(body['id_token']);
        expect(decodeProtectedHeader(String(body['access_token'])).alg).toBe('ES256');
        expect(decodeProtectedHeader(idToken).alg).toBe('ES256');
        expect(decodeJwt(idToken)).toMatchObject({ aud: signing.clientId, nonce: 'n', iss: service.url });
      },
    );

    it('given a client that was registered before it asked for the profile, when it logs in, then its ID token is not RS256', async () => {
      const former = await KeyedClient.ofFapi2(service, { idTokenAlgorithm: 'RS256' });

      const { body } = await former.redeem(await former.code(browser));

      expect(decodeProtectedHeader(String(body['id_token'])).alg).toBe('ES256');
    });

    it('given the metadata, when it is read, then it has what the profile asks for', async () => {
      const response = await fetch(`${service.url}/.well-known/openid-configuration`);
      const metadata = (await response.json()) as Record<string, unknown>;

      expect(metadata).toMatchObject({
        issuer: service.url,
        pushed_authorization_request_endpoint: `${service.url}/par`,
        require_pushed_authorization_requests: false,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
        scopes_supported: expect.arrayContaining(['openid']),
        subject_types_supported: ['public'],
        token_endpoint_auth_methods_supported: expect.arrayContaining(['private_key_jwt']),
        token_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['PS256', 'ES256', 'EdDSA']),
        id_token_signing_alg_values_supported: expect.arrayContaining(['ES256']),
        grant_types_supported: expect.arrayContaining(['authorization_code', 'refresh_token', 'client_credentials']),
      });
    });
  });

  describe('pushed requests', () => {
    const served: [string, Fields][] = [
      ['ensure-authorization-request-without-state-success', { state: undefined }],
      ['ensure-authorization-request-without-nonce-success', { nonce: undefined }],
      ['ensure-authorization-request-with-64-char-nonce-success', { nonce: 'n'.repeat(64) }],
      ['ensure-authorization-request-with-long-nonce', { nonce: 'n'.repeat(384) }],
      ['ensure-authorization-request-with-long-state', { state: 's'.repeat(384) }],
      ['par-without-duplicate-parameters', {}],
      ['ensure-other-scope-order-succeeds', { scope: 'email openid' }],
    ];

    it.each(served)('%s', async (_module, changes) => {
      const { requestUri } = await client.push(changes);

      const answer = answerOf(await open(requestUri));

      const { state } = changes;
      expect(answer).toEqual({ code: expect.any(String), iss: service.url, ...(state !== undefined && { state }) });
    });

    const refused: [string, Fields, string[]][] = [
      ['ensure-redirect-uri-in-authorization-request', { redirect_uri: undefined }, ['invalid_request']],
      ['ensure-registered-redirect-uri', { redirect_uri: 'https://other.example' }, ['invalid_request']],
      ['ensure-response-type-code-idtoken-fails', { response_type: 'code id_token' }, ['unsupported_response_type']],
      ['ensure-response-type-token-fails', { response_type: 'token' }, ['unsupported_response_type']],
      [
        'par-ensure-pkce-required',
        { code_challenge: undefined, code_challenge_method: undefined },
        ['invalid_request'],
      ],
      ['par-plain-pkce-rejected', { code_challenge_method: 'plain' }, ['invalid_request']],
      [
        'par-authorization-request-containing-request_uri-form-param',
        { request_uri: 'urn:ietf:params:oauth:request_uri:random' },
        ['invalid_request', 'invalid_request_object', 'request_uri_not_supported'],
      ],
    ];

    it.each(refused)('%s', async (_module, changes, errors) => {
      const { answer } = await client.push(changes);

      expect(answer.status).toBe(400);
      expect(errors).toContain(answer.body['error']);
    });

    it('par-attempt-invalid-http-method', async () => {
      const response = await fetch(`${service.url}/par`, { method: 'PUT' });

      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    });

    it('ensure-unsigned-authorization-request-without-using-par-fails', async () => {
      const query = authorizationQuery({ client_id: client.clientId });

      const response = await browser.fetch(`/authorize?${query}`);

      expect(answerOf(response)).toEqual({
        error: 'invalid_request',
        error_description: expect.any(String),
        state: 'state-of-the-browser',
        iss: service.url,
      });
    });

    it('par-attempt-reuse-request_uri', async () => {
      const { requestUri } = await client.push();
      await open(requestUri);

      const response = await open(requestUri);

      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: 'invalid_request_uri', reason: 'request_uri_unknown' });
    });

    it('par-attempt-to-use-expired-request_uri', async () => {
      const { requestUri, answer } = await client.push();
      service.clock.advance((Number(answer.body['expires_in']) + 1) * 1000);

      const response = await open(requestUri);

      expect(answer.body['expires_in']).toBeLessThan(600);
      expect([response.status, response.headers.has('location')]).toEqual([400, false]);
      expect(await response.json()).toMatchObject({ error: 'invalid_request_uri', reason: 'request_uri_expired' });
    });

    it('par-attempt-to-use-request_uri-for-different-client', async () => {
      const { requestUri } = await client.push();

      const response = await open(requestUri, browser, other.clientId);

      expect(await response.json()).toMatchObject({ error: 'invalid_request_uri' });
    });

    it('par-ensure-reused-request-uri-prior-to-auth-completion-succeeds', async () => {
      const visitor = new BrowserSession(service.url);
      const { requestUri } = await client.push();
      await open(requestUri, visitor);

      const again = locationOf(await open(requestUri, visitor), service);
      const page = await visitor.fetch(again.pathname + again.search);
      const resumed = locationOf(await submitPassword(visitor, await page.text()), service);

      expect(answerOf(await visitor.fetch(resumed.pathname + resumed.search))).toHaveProperty('code');
    });

    it('state-only-outside-request-object-not-used, as to what stands beside a request_uri', async () => {
      const { requestUri } = await client.push({ state: undefined });

      const answer = answerOf(await open(requestUri, browser, client.clientId, { state: 'outside' }));

      expect(answer).toEqual({ code: expect.any(String), iss: service.url });
    });

    it('user-rejects-authentication', async () => {
      const thirdParty = await KeyedClient.ofFapi2(service, { firstParty: false });
      const { requestUri } = await thirdParty.push({ state: 's' });
      const page = await browser.fetch(openingPath(thirdParty.clientId, requestUri));

      const hidden = hiddenFields(await page.text());
      const denied = await browser.postForm('/consent', { ...hidden, decision: 'deny' });

      expect(answerOf(denied)).toMatchObject({ error: 'access_denied', state: 's', iss: service.url });
    });
  });

  describe('client assertions', () => {
    const wrong: [string, (clock: number) => Record<string, unknown>][] = [
      ['ensure-client-assertion-with-wrong-aud-fails', () => ({ aud: 'https://other.example' })],
      ['ensure-client-assertion-with-no-sub-fails', () => ({ sub: undefined })],
      ['ensure-client-assertion-with-exp-is-5-minutes-in-past-fails', (clock) => ({ exp: clock - 300 })],
      ['par-test-array-as-audience-fails', () => ({ aud: [service.url] })],
      ['par-test-par-endpoint-url-as-audience-fails', () => ({ aud: `${service.url}/par` })],
      ['par-test-token-endpoint-url-as-audience-fails', () => ({ aud: `${service.url}/token` })],
      [
        'par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails',
        (clock) => ({ iat: clock + 61, nbf: clock + 61, exp: clock + 121 }),
      ],
    ];

    it.each(wrong)('%s', async (_module, changesAt) => {
      const code = await client.code(browser);

      const { answer } = await client.push({}, await client.authentication(changesAt(now())));
      const token = await client.redeem(code, {}, await client.authentication(changesAt(now())));

      for (const each of [answer, token]) expect(errorOf(each)).toEqual([401, 'invalid_client']);
    });

    it('par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted', async () => {
      const ahead = { iat: now() + 8, nbf: now() + 8, exp: now() + 68 };

      const { answer } = await client.push({}, await client.authentication(ahead));

      expect(answer.status).toBe(201);
    });

    it('ensure-signed-client-assertion-with-RS256-fails', async () => {
      const withRsa = await KeyedClient.ofFapi2(service, {}, 'RS256');

      const { answer } = await withRsa.push();

      expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
    });

    it('ensure-client-assertion-in-token-endpoint', async () => {
      const answer = await client.redeem(await client.code(browser), {}, { client_id: client.clientId });

      expect(errorOf(answer)).toEqual([401, 'invalid_client']);
    });

    it('ensure-client-id-in-token-endpoint', async () => {
      const claims = { iss: other.clientId, sub: other.clientId };
      const ofOther = { ...(await client.authentication(claims)), client_id: other.clientId };

      const { status, body } = await client.redeem(await client.code(browser), { client_id: other.clientId }, ofOther);

      expect([status, body['error']]).toEqual([401, 'invalid_client']);
    });
  });

  describe('codes', () => {
    it('ensure-pkce-code-verifier-required', async () => {
      const { status, body } = await client.redeem(await client.code(browser), { code_verifier: undefined });

      expect(status).toBe(400);
      expect(body).toMatchObject({ error: 'invalid_grant', reason: 'code_verifier_required' });
    });

    it('incorrect-pkce-code-verifier-rejected', async () => {
      const answer = await client.redeem(await client.code(browser), { code_verifier: 'v'.repeat(43) });

      expect(errorOf(answer)).toEqual([400, 'invalid_grant']);
    });

    it('ensure-authorization-code-is-bound-to-client', async () => {
      const answer = await other.redeem(await client.code(browser), { client_id: other.clientId });

      expect(errorOf(answer)).toEqual([400, 'invalid_grant']);
    });

    it('attempt-reuse-authorization-code-after-one-second', async () => {
      const code = await client.code(browser);
      await client.redeem(code);
      service.clock.advance(1_000);

      expect(errorOf(await client.redeem(code))).toEqual([400, 'invalid_grant']);
    });

    it('ensure-token-endpoint-fails-with-expired-auth-code, after 60 s whatever AUTHORIZATION_CODE_TTL', async () => {
      const code = await client.code(browser);
      service.clock.advance(60_000);

      const { body } = await client.redeem(code);

      expect(body).toMatchObject({ error: 'invalid_grant', reason: 'code_expired' });
    });
  });

  describe('refresh-token', () => {
    it('given a refresh token, when it is used again and again, then it is not rotated, and goes on', async () => {
      const token = await refreshToken();

      for (let count = 0; count < 3; count += 1) {
        service.clock.advance(30_000);
        const { status, body } = await client.token(refreshing(token));
        expect([status, body['refresh_token']]).toEqual([200, token]);
        expect(decodeProtectedHeader(String(body['access_token'])).alg).toBe('ES256');
      }
    });

    it('given no client authentication, when it is used, then it is refused', async () => {
      const { status, body } = await client.token(refreshing(await refreshToken()), { client_id: client.clientId });

      expect([status, body['error']]).toEqual([401, 'invalid_client']);
    });

    it('given another client, when it uses the refresh token, then it is refused', async () => {
      const { status, body } = await other.token(refreshing(await refreshToken()));

      expect([status, body['error']]).toEqual([400, 'invalid_grant']);
    });
  });

  describe('the profile fapi_client_credentials_grant', () => {
    it('given a client that registered it, when it asks, then its token is for the API, by ES256', async () => {
      const { identifier } = await registerApi(service);
      const machine = await KeyedClient.ofFapi2(service, { grantTypes: ['client_credentials'], redirectUris: [] });
      const asked = { grant_type: 'client_credentials', scope: 'notes:read', resource: identifier };

      const { status, body } = await machine.token(asked);

      expect(status).toBe(200);
      expect(decodeProtectedHeader(String(body['access_token'])).alg).toBe('ES256');
      expect(decodeJwt(String(body['access_token']))).toMatchObject({ sub: machine.clientId, aud: identifier });
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { exportJWK, generateKeyPair } from 'jose';
import { ClientStore } from '../../src/domain/clients/client-store';
import { hashSecret } from '../../src/domain/credentials/secret';
import { registrableFields } from '../../src/protocols/registration/registered-metadata';
import { admin, adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { allowedSentence } from '../support/service/envelope';
import { hostileValue, isRefusedWhole } from '../support/service/hostile-values';
import { askWith, basic, locationOf, loggedIn, redeem, refresh } from '../support/clients/pkce-login';
import { allowedCode, ask, callback, manage, nativeClient, register } from '../support/clients/registration';
import { registerApi } from '../support/clients/registered';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { fewerRuns } from '../support/run/property-runs';

const day = 86_400_000;
const own = 'client_credentials';
const token = 'an-initial-access-token-of-the-tests-01';

describe.each(storesUnderTest)('/register on %s', (name) => {
  const service = fixture(() => startService(name, { ADMIN_TOKEN: adminToken, REGISTRATION_TOKEN: token }));
  const browser = fixture(() => loggedIn(service));

  const storedOf = async (clientId: unknown) => service.app.get(ClientStore).find(String(clientId));

  describe('a registration', () => {
    it('given a native client, when it registers, then the answer has all that it registered, and how to manage it', async () => {
      const { status, headers, body } = await register(service, { ...nativeClient, unknown_field: { a: 1 } });

      expect(status).toBe(201);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(body).toEqual({
        client_id: expect.stringMatching(/^[\w-]{22}$/),
        client_id_issued_at: expect.any(Number),
        registration_access_token: expect.stringMatching(/^[\w-]{43}$/),
        registration_client_uri: `${service.url}/register/${String(body['client_id'])}`,
        ...nativeClient,
        application_type: 'web',
        response_types: ['code'],
        scope: 'openid profile email offline_access',
        id_token_signed_response_alg: 'RS256',
        require_pushed_authorization_requests: false,
        dpop_bound_access_tokens: false,
      });
    });

    it('given a confidential client, when it registers, then it gets a secret, and the store has hashes alone', async () => {
      const { body } = await register(service, { redirect_uris: [callback] });

      const record = await storedOf(body['client_id']);
      expect(body).toMatchObject({
        client_secret: expect.stringMatching(/^[\w-]{43}$/),
        client_secret_expires_at: 0,
        token_endpoint_auth_method: 'client_secret_basic',
      });
      expect(record).toMatchObject({
        firstParty: false,
        requireState: false,
        registrationTokenHash: hashSecret(String(body['registration_access_token'])),
      });
      expect(JSON.stringify(record)).not.toContain(body['client_secret']);
      expect(JSON.stringify(record)).not.toContain(body['registration_access_token']);
    });

    it('given fields of ours, when they are sent, then they are ignored', async () => {
      const ours = { first_party: true, require_state: true, wallet_origin: 'https://a.example', synthetic: true };

      const { status, body } = await register(service, {
        ...nativeClient,
        ...ours,
        default_resource: 'https://x.example',
      });

      const record = await storedOf(body['client_id']);
      expect(status).toBe(201);
      expect(record).toMatchObject({ firstParty: false, requireState: false });
      expect(record).not.toHaveProperty('walletOrigin');
      expect(record).not.toHaveProperty('defaultResource');
      expect(record).not.toHaveProperty('synthetic');
    });

    it('given scopes, when they are registered, then those are dropped that it could not have, and none are all it could', async () => {
      const scope = { name: 'registration:open', description: 'Open' };
      await registerApi(service, { allowRegisteredClients: true, scopes: [scope] });
      await registerApi(service, { scopes: [{ name: 'registration:closed', description: 'Closed' }] });

      const named = 'openid admin registration:open registration:closed';
      const { body } = await register(service, { ...nativeClient, scope: named });
      const { body: ofAll } = await register(service, nativeClient);
      const { body: ofEmpty } = await register(service, { ...nativeClient, scope: '' });

      expect(body['scope']).toBe('openid registration:open');
      expect(ofAll['scope']).toBe('openid profile email offline_access registration:open');
      expect(ofEmpty['scope']).toBe(ofAll['scope']);
    });

    it('given client_credentials, when a stranger registers it, then it is left out, or refused where it is all', async () => {
      const both = await register(service, { redirect_uris: [callback], grant_types: ['authorization_code', own] });
      const alone = await register(service, { grant_types: [own] });
      const vouchedFor = await register(service, { grant_types: [own] }, { authorization: `Bearer ${token}` });
      const { client_id } = vouchedFor.body;
      const replaced = await manage('PUT', vouchedFor, { client_id, grant_types: [own], client_name: 'Nightly job' });

      expect([both.status, both.body['grant_types']]).toEqual([201, ['authorization_code']]);
      expect(alone).toMatchObject({ status: 400, body: { error: 'invalid_client_metadata' } });
      expect([vouchedFor.status, vouchedFor.body['grant_types']]).toEqual([201, [own]]);
      expect([replaced.status, replaced.body['grant_types']]).toEqual([200, [own]]);
    });

    it('given an algorithm that nothing was signed with so far, when it is registered, then ID tokens are signed by it', async () => {
      const { body } = await register(service, { ...nativeClient, id_token_signed_response_alg: 'EdDSA' });

      const code = await allowedCode(service, browser, String(body['client_id']), { scope: 'openid' });
      const tokens = await redeem(service, code);

      const [header = ''] = String(tokens.body['id_token']).split('.');
      expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({ alg: 'EdDSA' });
    });

    it.each([
      'https://app.example/callback',
      'http://127.0.0.1:8123/callback',
      'http://[::1]/callback',
      'http://localhost:3000/callback',
      'com.example.app:/oauth',
      'com.example.app://callback',
      'cursor://anysphere.cursor-retrieval/oauth/callback',
      'vscode://publisher.extension/callback',
    ])('given the redirect URI %s, when it is registered, then it is', async (uri) => {
      const { status, body } = await register(service, { ...nativeClient, redirect_uris: [uri] });

      expect([status, body['redirect_uris']]).toEqual([201, [uri]]);
    });

    it.each([
      [['http://app.example/callback']],
      [['javascript:alert(1)']],
      [['data:text/html,a']],
      [['file:///etc/passwd']],
      [['blob:https://a.example/b']],
      [['ftp://a.example/']],
      [['myapp:/callback']],
      [['myapp://callback']],
      [['cursor:']],
      [['cursor:/callback']],
      [['https://app.example/callback#fragment']],
      [['https://user:password@app.example/']],
      [['/callback']],
      [['https://app.example/\u00e9']],
      [['']],
      [[null]],
      [[]],
      ['https://app.example/callback'],
      [Array.from({ length: 51 }, (_, place) => `https://app.example/${place}`)],
    ])('given the redirect URIs %j, when they are registered, then they are refused by name', async (uris) => {
      const { status, body } = await register(service, { ...nativeClient, redirect_uris: uris });

      expect([status, body]).toEqual([
        400,
        {
          error: 'invalid_redirect_uri',
          error_description: expect.stringMatching(/^redirect_uris /),
          reason: 'redirect_uris_invalid',
        },
      ]);
    });

    it.each([{}, { grant_types: [] }, { grant_types: ['authorization_code'] }])(
      'given no redirect URI in %j, when it is registered, then it is refused',
      async (metadata) => {
        const { body } = await register(service, metadata);

        expect(body).toMatchObject({ error: 'invalid_redirect_uri' });
      },
    );

    it.each([
      // admin.test.ts has what is not allowed in the fields that clients have in common.
      ['sector_identifier_uri', 'https://app.example/sector.json'],
      ['subject_type', 'pairwise'],
      ['client_name', ''],
      ['client_name', 'Bank\u202egnp'],
      ['post_logout_redirect_uris', ['javascript:alert(1)']],
      ['backchannel_logout_uri', 'ftp://app.example/'],
      ['application_type', 'browser'],
      ['grant_types', ['implicit']],
      ['grant_types', ['client_credentials']],
      ['token_endpoint_auth_method', 'tls_client_auth'],
      ['jwks_uri', 'http://app.example/jwks'],
      ['require_pushed_authorization_requests', 'true'],
      ['dpop_bound_access_tokens', 1],
    ])('given %s as %j, when it is registered, then it is refused by its name', async (field, value) => {
      const { status, body } = await register(service, { ...nativeClient, [field]: value });

      expect([status, body]).toEqual([
        400,
        {
          error: 'invalid_client_metadata',
          error_description: expect.stringMatching(new RegExp(`^${field} `)),
          reason: 'client_metadata_invalid',
        },
      ]);
      expect(String(body['error_description'])).toMatch(allowedSentence);
    });

    it.each(['', '[]', '"a"', 'null', '{'])('given the body %j, when it comes, then it is refused', async (body) => {
      expect((await register(service, body)).body).toMatchObject({
        error: 'invalid_client_metadata',
        reason: 'registration_body_invalid',
      });
    });

    it('given any value in any field, when it is registered, then it is taken or refused, and never a fault of ours', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...registrableFields, 'sector_identifier_uri', 'subject_type', 'client_id', '__proto__', 'a'),
          hostileValue,
          async (field, value) => {
            const metadata = { ...nativeClient, [field]: value };

            const { status, body } = await register(service, metadata);

            expect([201, 400, 413]).toContain(status);
            if (status === 400 && !isRefusedWhole(JSON.stringify(metadata))) {
              expect(String(body['error_description'])).toContain(field);
            }
          },
        ),
        fewerRuns(100),
      );
    });

    it('given keys with members that nobody knows, when they are registered, then these are not kept', async () => {
      const { publicKey } = await generateKeyPair('ES256', { extractable: true });
      const jwk = { ...(await exportJWK(publicKey)), kid: 'own', use: 'sig', alg: 'ES256' };
      const jwks = { keys: [{ ...jwk, x5c: ['a'], more: Array.from({ length: 1_000 }, () => ({})) }] };

      const { status, body } = await register(service, { ...nativeClient, jwks });

      expect([status, body['jwks']]).toEqual([201, { keys: [jwk] }]);
      expect((await storedOf(body['client_id']))?.jwks).toEqual({ keys: [jwk] });
    });

    it('given a page of any site, when it registers a client, then it may, and may manage it', async () => {
      const { headers } = await register(service, nativeClient, { origin: 'https://anywhere.example' });
      const preflight = await fetch(`${service.url}/register/a`, {
        method: 'OPTIONS',
        headers: { origin: 'https://anywhere.example', 'access-control-request-method': 'PUT' },
      });

      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(preflight.headers.get('access-control-allow-methods')).toBe('DELETE, GET, HEAD, PUT');
    });
  });

  describe('its management', () => {
    it('given a registration, when it is read, then it is what it was, without the secret', async () => {
      const registered = await register(service, { redirect_uris: [callback] });

      const { client_secret: _, client_secret_expires_at: __, ...rest } = registered.body;
      expect(await manage('GET', registered)).toMatchObject({ status: 200, body: rest });
      expect((await manage('GET', registered)).body).not.toHaveProperty('client_secret');
    });

    it('given another one, when it is put in its place, then what it does not name has its default again', async () => {
      const registered = await register(service, { ...nativeClient, client_uri: 'https://app.example/' });
      const { client_id } = registered.body;

      const { status, body } = await manage('PUT', registered, {
        client_id,
        redirect_uris: ['https://app.example/other'],
        token_endpoint_auth_method: 'client_secret_post',
      });

      expect(status).toBe(200);
      expect(body).toMatchObject({
        client_id,
        redirect_uris: ['https://app.example/other'],
        grant_types: ['authorization_code'],
        client_secret: expect.any(String),
        registration_access_token: registered.body['registration_access_token'],
      });
      expect(body).not.toHaveProperty('client_uri');
      expect(await storedOf(client_id)).toMatchObject({ firstParty: false, registeredBy: 'itself' });
    });

    it('given what an administrator has set, when the client replaces its own, then that stays, but its trust', async () => {
      const registered = await register(service, nativeClient);
      const { client_id } = registered.body;
      const ours = { require_state: true, refresh_token_grace: 0, first_party: true };
      await admin(service, 'PATCH', `/clients/${String(client_id)}`, ours);

      const same = await manage('PUT', registered, { ...nativeClient, client_id });
      const kept = await storedOf(client_id);
      await manage('PUT', registered, { ...nativeClient, client_id, redirect_uris: ['https://elsewhere.example/cb'] });

      expect(same.status).toBe(200);
      expect(kept).toMatchObject({ requireState: true, refreshTokenGrace: 0, firstParty: true });
      expect(await storedOf(client_id)).toMatchObject({ requireState: true, firstParty: false });
    });

    it.each([
      ['client_id', 'another'],
      ['client_secret', 'another'],
      ['client_secret_expires_at', 0],
      ['client_id_issued_at', 0],
      ['registration_access_token', 'a'],
      ['registration_client_uri', 'https://a.example'],
      ['scope', 7],
    ])('given %s as %j in a replacement, then it is refused, and nothing changes', async (field, value) => {
      const registered = await register(service, { redirect_uris: [callback] });
      const { client_id } = registered.body;

      const { status, body } = await manage('PUT', registered, {
        redirect_uris: [callback],
        client_id,
        [field]: value,
      });

      expect([status, body['error']]).toEqual([400, 'invalid_client_metadata']);
      expect(body['error_description']).toContain(field);
      expect((await manage('GET', registered)).body).toMatchObject({ redirect_uris: [callback] });
    });

    it('given its own secret, when it is sent along, then it stays', async () => {
      const registered = await register(service, { redirect_uris: [callback] });
      const { client_id, client_secret } = registered.body;

      const { body } = await manage('PUT', registered, { client_id, client_secret, redirect_uris: [callback] });
      const code = await allowedCode(service, browser, String(client_id));
      const redeemed = await redeem(
        service,
        code,
        { client_id: undefined },
        basic(String(client_id), String(client_secret)),
      );

      expect(body).not.toHaveProperty('client_secret');
      expect(redeemed.status).toBe(200);
    });

    it('given a registration with a grant, when it is removed, then neither is there any more', async () => {
      const registered = await register(service, nativeClient);
      const clientId = String(registered.body['client_id']);
      const { body } = await redeem(service, await allowedCode(service, browser, clientId));

      const removed = await manage('DELETE', registered);

      expect([removed.status, removed.body]).toEqual([204, {}]);
      expect((await askWith(service, body['access_token'])).status).toBe(401);
      expect((await manage('GET', registered)).body).toMatchObject({ reason: 'registration_access_token_invalid' });
      expect((await ask(browser, clientId)).status).toBe(400);
    });

    it('given another token, none, or another client, when it is managed, then nobody learns which was wrong', async () => {
      const [one, other] = [await register(service, nativeClient), await register(service, nativeClient)];
      const tokens = [other.body['registration_access_token'], '', adminToken];
      const unknown = { ...one, body: { ...one.body, registration_client_uri: `${service.url}/register/nobody` } };
      const demo = { ...one, body: { ...one.body, registration_client_uri: `${service.url}/register/demo-spa` } };

      const answers = [
        ...tokens.map((each) => manage('GET', one, undefined, each)),
        manage('GET', unknown),
        manage('GET', demo),
      ];

      for (const { status, headers, body } of await Promise.all(answers)) {
        expect([status, body['error'], body['reason']]).toEqual([
          401,
          'invalid_token',
          'registration_access_token_invalid',
        ]);
        expect(headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
      }
    });
  });

  describe('what it leads to', () => {
    it('given a registered client, when it asks without state, then the consent page comes, which names its hosts', async () => {
      const metadata = { ...nativeClient, client_uri: 'https://maker.example/app', client_name: 'Its name' };
      const { body } = await register(service, metadata);

      const page = await ask(browser, String(body['client_id']));

      const html = await page.text();
      expect(page.status).toBe(200);
      for (const shown of ['Its name', 'maker.example', '127.0.0.1']) expect(html).toContain(shown);
    });

    it('given an app’s own scheme, when the consent page names where the answer goes, then no host stands for it', async () => {
      const uri = 'com.evil.app://claude.example/cb';
      const { body } = await register(service, { ...nativeClient, redirect_uris: [uri] });

      const page = await (await ask(browser, String(body['client_id']), { redirect_uri: uri })).text();

      expect(page).toContain('<dd>com.evil.app://claude.example</dd>');
    });

    it('given a client that nobody logged in with, when it asks to sign out, then the browser is sent nowhere', async () => {
      const away = 'https://phish.example/';
      const { body } = await register(service, { ...nativeClient, post_logout_redirect_uris: [away] });
      const query = new URLSearchParams({ client_id: String(body['client_id']), post_logout_redirect_uri: away });

      const response = await fetch(`${service.url}/logout?${query}`, { redirect: 'manual' });

      expect([response.status, response.headers.get('location')]).toEqual([200, null]);
    });

    it('given refresh_token among its grant types, when it logs in without offline_access, then it may refresh', async () => {
      const { body } = await register(service, nativeClient);
      const { body: without } = await register(service, { ...nativeClient, grant_types: ['authorization_code'] });

      const [tokens, others] = [
        await redeem(service, await allowedCode(service, browser, String(body['client_id']))),
        await redeem(service, await allowedCode(service, browser, String(without['client_id']))),
      ];

      expect(others.body).not.toHaveProperty('refresh_token');
      const refreshed = await refresh(service, tokens.body['refresh_token'], { client_id: String(body['client_id']) });
      expect(refreshed.status).toBe(200);
    });

    it('given an API, when it is asked for, then it says whether registered clients may', async () => {
      const scope = 'later:read';
      const scopes = [{ name: scope, description: 'Read' }];
      const { body } = await register(service, nativeClient);
      const open = await registerApi(service, { allowRegisteredClients: true, scopes });
      const closed = await registerApi(service, { scopes });
      const clientId = String(body['client_id']);

      const tokens = await redeem(
        service,
        await allowedCode(service, browser, clientId, { resource: open.identifier, scope }),
      );
      const refused = await ask(browser, clientId, { resource: closed.identifier, scope });

      expect(tokens.body['scope']).toBe(scope);
      const answer = locationOf(refused, service).searchParams;
      expect(answer.get('error')).toBe('invalid_target');
      // It is registered: what keeps the client out is that it registered itself.
      expect(answer.get('error_description')).toContain('open to this client');
      expect(answer.get('error_description')).not.toContain('registered here');
    });

    it('given nobody who logs in, when a day is over, then the client is gone; one that was used is not', async () => {
      const [unused, used] = [await register(service, nativeClient), await register(service, nativeClient)];
      const clientIds = [unused, used].map(({ body }) => String(body['client_id']));
      service.clock.advance(day - 60_000);
      const before = await Promise.all(clientIds.map(async (id) => (await storedOf(id)) !== undefined));
      await allowedCode(service, await loggedIn(service), clientIds[1] ?? '');

      service.clock.advance(120_000);

      expect(before).toEqual([true, true]);
      expect(await Promise.all(clientIds.map(async (id) => (await storedOf(id)) !== undefined))).toEqual([false, true]);
      expect((await manage('GET', unused)).status).toBe(401);
    });
  });
});

describe('who may register', () => {
  it('given REGISTRATION=token, when a client registers, then it must show the initial access token or the admin token', async () => {
    const service = await startService('lmdb', {
      REGISTRATION: 'token',
      REGISTRATION_TOKEN: token,
      ADMIN_TOKEN: adminToken,
    });
    const shown = [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: `Bearer ${token}` },
      { authorization: `Bearer ${adminToken}` },
    ];

    const answers = await Promise.all(shown.map((headers) => register(service, nativeClient, headers)));
    await service.stop();

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 201, 201]);
    expect(answers[0]?.body).toMatchObject({ error: 'invalid_token', reason: 'registration_token_required' });
    expect(answers[0]?.headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
  });

  it('given nobody who shows a token, when many register, then none of them has guessed', async () => {
    const service = await startService('lmdb', { REGISTRATION: 'token', ADMIN_TOKEN: adminToken, RATE_LIMIT: 'on' });
    const statuses = [];
    for (let at = 0; at < 15; at += 1) statuses.push((await register(service, nativeClient)).status);
    await service.stop();

    expect(new Set(statuses)).toEqual(new Set([401]));
  });

  it('given REGISTRATION=off, when it is looked for, then there is nothing, and the metadata names nothing', async () => {
    const service = await startService('lmdb', { REGISTRATION: 'off' });

    const statuses = [
      (await register(service, nativeClient)).status,
      (await fetch(`${service.url}/register/a`)).status,
    ];
    const metadata = await fetch(`${service.url}/.well-known/openid-configuration`).then((answer) => answer.json());
    await service.stop();

    expect(statuses).toEqual([404, 404]);
    expect(metadata).not.toHaveProperty('registration_endpoint');
  });

  it('given limits, when one IP address registers too many, then it is told to wait', async () => {
    const service = await startService('lmdb', { RATE_LIMIT: 'on' });
    const statuses: number[] = [];

    await service.clock.standStill(async () => {
      for (let count = 0; count < 61; count += 1) statuses.push((await register(service, nativeClient)).status);
    });
    await service.stop();

    expect([statuses.filter((status) => status === 201).length, statuses.at(-1)]).toEqual([60, 429]);
  });
});

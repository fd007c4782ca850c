import { describe, expect, it } from '@jest/globals';
import { hash } from '@node-rs/argon2';
import { scopes } from '../../src/domain/clients/scope';
import { ClientStore } from '../../src/domain/clients/client-store';
import { hashSecret, newId } from '../../src/domain/credentials/secret';
import { admin, adminToken } from '../support/operations/admin';
import { BrowserSession } from '../support/clients/browser-session';
import { sendPassword } from '../support/clients/login-page';
import { authorizationQuery, basic, codeFor, postToken, redeem, redirectUri } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { contentsOf, dataFileOf } from '../support/stores/store-contents';
import { type Answer, me, post } from '../support/clients/wallet';

const publicKey = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};

/** One that no other test has. */
const anApi = () => ({
  identifier: `https://${newId().replace(/\W/g, 'x').toLowerCase()}.example/`,
  name: 'Notes',
  scopes: [{ name: 'read', description: 'Read your notes' }],
});

describe.each(storesUnderTest)('the administration on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));

  const call = (method: string, path: string, body?: unknown) => admin(service, method, path, body);

  /** What `/token` says to a code that does not exist: `code_unknown` where the client has authenticated. */
  async function tokenReason(clientId: string, secret: string, isBasic = true): Promise<unknown> {
    const sent = { grant_type: 'authorization_code', code: 'none' };
    const { body } = isBasic
      ? await postToken(service, sent, basic(clientId, secret))
      : await postToken(service, { ...sent, client_id: clientId, client_secret: secret });
    return body['reason'];
  }

  async function logIn(username: string, password: string): Promise<{ status: number; browser: BrowserSession }> {
    const browser = new BrowserSession(service.url);
    const { status } = await sendPassword(browser, { username, password });
    return { status, browser };
  }

  /** A public client, and a browser in which a user of its own has logged in. */
  async function clientAndUser() {
    const client = {
      client_id: newId(),
      redirect_uris: [redirectUri],
      first_party: true,
      token_endpoint_auth_method: 'none',
    };
    await call('POST', '/clients', client);
    await call('POST', '/users', { username: client.client_id, password: 'password of a user' });
    const { browser } = await logIn(client.client_id, 'password of a user');
    return { client, browser };
  }

  describe('clients', () => {
    it('given the least, when a client is added, then it has the defaults and a secret that works by either method', async () => {
      const { status, headers, body } = await call('POST', '/clients', { redirect_uris: ['https://app.example/cb'] });

      const { client_id: clientId, client_secret: secret, client_name: name, ...rest } = body;
      expect(status).toBe(201);
      expect(headers.get('cache-control')).toBe('no-store');
      expect([clientId, secret, name]).toEqual([
        expect.stringMatching(/^[\w-]{22}$/),
        expect.stringMatching(/^[\w-]{43}$/),
        clientId,
      ]);
      expect(rest).toEqual({
        redirect_uris: ['https://app.example/cb'],
        application_type: 'web',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        scope: scopes.join(' '),
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'RS256',
        require_pushed_authorization_requests: false,
        dpop_bound_access_tokens: false,
        dpop_nonce_required: false,
        first_party: false,
        require_state: true,
        refresh_token_grace: 10,
        id_token_claims: false,
        synthetic: false,
        managed: false,
      });
      for (const isBasic of [true, false]) {
        expect(await tokenReason(String(clientId), String(secret), isBasic)).toBe('code_unknown');
        expect(await tokenReason(String(clientId), 'wrong', isBasic)).toBe('client_authentication_failed');
      }
    });

    it('given every field, when a client is added and read, then it is what was sent, and its secret is not told again', async () => {
      const api = anApi();
      await call('POST', '/apis', api);
      const every = {
        client_id: newId(),
        client_name: 'Every field',
        client_uri: 'https://app.example',
        logo_uri: 'https://app.example/logo.png',
        redirect_uris: ['https://app.example/cb', 'com.example.app:/cb', 'http://localhost/cb'],
        post_logout_redirect_uris: ['https://app.example/'],
        backchannel_logout_uri: 'https://app.example/ended',
        application_type: 'native',
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        response_types: ['code'],
        scope: 'openid read',
        token_endpoint_auth_method: 'client_secret_post',
        jwks: { keys: [publicKey] },
        id_token_signed_response_alg: 'EdDSA',
        require_pushed_authorization_requests: true,
        dpop_bound_access_tokens: true,
        first_party: true,
        require_state: false,
        refresh_token_grace: 0,
        dpop_nonce_required: true,
        default_resource: api.identifier,
        id_token_claims: true,
        synthetic: true,
      };

      const added = await call('POST', '/clients', every);
      const found = await call('GET', `/clients/${every.client_id}`);

      expect([added.status, found.status]).toEqual([201, 200]);
      expect(added.body).toEqual({ ...every, managed: false, client_secret: expect.any(String) });
      expect(found.body).toEqual({ ...every, managed: false });
    });

    const profile = () => ({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [publicKey] },
      require_pushed_authorization_requests: true,
      dpop_bound_access_tokens: true,
    });

    it('given a client of the FAPI 2.0 profile, when it is added or becomes one, then its ID tokens are ES256 by default', async () => {
      const { dpop_bound_access_tokens: bound, ...others } = profile();
      const added = await call('POST', '/clients', profile());
      const { body: before } = await call('POST', '/clients', others);

      const path = `/clients/${String(before['client_id'])}`;
      const patched = await call('PATCH', path, { dpop_bound_access_tokens: bound });

      expect(added.body['id_token_signed_response_alg']).toBe('ES256');
      expect(before['id_token_signed_response_alg']).toBe('RS256');
      expect(patched.body['id_token_signed_response_alg']).toBe('ES256');
    });

    it('given a client of the FAPI 2.0 profile, when it is to have RS256, then that is refused', async () => {
      const { body } = await call('POST', '/clients', profile());
      const asked = { id_token_signed_response_alg: 'RS256' };

      const patched = await call('PATCH', `/clients/${String(body['client_id'])}`, asked);
      const added = await call('POST', '/clients', { ...profile(), ...asked });

      for (const answer of [patched, added]) expectInvalid(answer, 'id_token_signed_response_alg');
    });

    it('given a wallet client, when it is added, then it is public without a secret and may use the wallet', async () => {
      const { status, body } = await call('POST', '/clients', { wallet_origin: 'https://dapp.example' });
      const asked = { address: `0x${'ab'.repeat(20)}`, clientId: body['client_id'] };
      const challenge = await post(service, '/wallet/challenge', asked);

      expect(status).toBe(201);
      expect(body).toMatchObject({
        token_endpoint_auth_method: 'none',
        redirect_uris: [],
        grant_types: [],
        wallet_message: 'server',
      });
      expect(body).not.toHaveProperty('client_secret');
      expect(challenge.status).toBe(201);
    });

    it('given a taken id, when a client is added, then it is 409 and the one that is there stays', async () => {
      const client = { client_id: newId(), client_name: 'First', wallet_origin: 'https://a.example' };
      await call('POST', '/clients', client);

      const { status, body } = await call('POST', '/clients', { ...client, client_name: 'Second' });

      expect([status, body['reason']]).toEqual([409, 'already_exists']);
      expect((await call('GET', `/clients/${client.client_id}`)).body).toMatchObject({ client_name: 'First' });
    });

    it('given a patch, when it is sent, then what it names changes, null removes, and the rest stays', async () => {
      const client = {
        client_name: 'Before',
        logo_uri: 'https://app.example/logo.png',
        require_state: false,
        redirect_uris: ['https://app.example/cb'],
      };
      const { body: added } = await call('POST', '/clients', client);
      const path = `/clients/${String(added['client_id'])}`;

      const patch = { client_name: 'After', logo_uri: null, require_state: null };
      const changed = await admin(service, 'PATCH', path, patch, { 'content-type': 'application/merge-patch+json' });

      const { client_secret: secret, logo_uri: _logo, ...rest } = added;
      expect(changed.status).toBe(200);
      expect(changed.body).toEqual({ ...rest, client_name: 'After', require_state: true });
      expect((await call('GET', path)).body).toEqual(changed.body);
      expect(await tokenReason(String(added['client_id']), String(secret))).toBe('code_unknown');
    });

    it('given the whole client, when it is sent back as a patch, then nothing changes', async () => {
      const { body } = await call('POST', '/clients', { redirect_uris: ['https://app.example/cb'] });
      const path = `/clients/${String(body['client_id'])}`;
      const before = await call('GET', path);

      const { status, body: after } = await call('PATCH', path, before.body);

      expect([status, after]).toEqual([200, before.body]);
    });

    it('given one wrong field among right ones, when a patch is sent, then none of them changes', async () => {
      const { body } = await call('POST', '/clients', { client_name: 'Before', wallet_origin: 'https://a.example' });
      const path = `/clients/${String(body['client_id'])}`;

      const refused = await call('PATCH', path, { client_name: 'After', require_state: 'yes' });

      expect([refused.status, refused.body['reason']]).toEqual([400, 'field_invalid']);
      expect(refused.body['error_description']).toMatch(/^require_state is not allowed so; allowed: true or false$/);
      expect((await call('GET', path)).body).toMatchObject({ client_name: 'Before' });
    });

    it.each<[string, Record<string, unknown>]>([
      ['client_id', { client_id: 'a b' }],
      ['client_id', { client_id: 'comparison-x' }],
      ['client_id', { client_id: 'https://app.example/' }],
      ['client_id', { client_id: 7 }],
      ['client_name', { client_name: '' }],
      ['client_name', { client_name: 'x'.repeat(101) }],
      ['client_name', { client_name: 'a\nb' }],
      ['client_uri', { client_uri: 'javascript:alert(1)' }],
      ['logo_uri', { logo_uri: 'http://app.example/logo.png' }],
      // registration.test.ts has what else is no redirect URI.
      ['redirect_uris', { redirect_uris: ['javascript:alert(1)'] }],
      ['redirect_uris', { redirect_uris: ['https://app.example/cb', 'https://app.example/cb'] }],
      ['redirect_uris', { grant_types: ['authorization_code'] }],
      ['response_types', { response_types: ['token'] }],
      ['grant_types', { grant_types: ['implicit'] }],
      ['grant_types', { token_endpoint_auth_method: 'none', grant_types: ['client_credentials'] }],
      ['scope', { scope: 'openid  profile' }],
      ['scope', { scope: ['openid'] }],
      ['token_endpoint_auth_method', { token_endpoint_auth_method: 'client_secret_jwt' }],
      ['jwks', { token_endpoint_auth_method: 'private_key_jwt' }],
      ['jwks', { jwks: { keys: [] } }],
      ['jwks', { jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } }],
      ['jwks', { jwks: { keys: [{ ...publicKey, d: 'c2VjcmV0' }] } }],
      ['jwks', { jwks: { keys: [{ ...publicKey, x: 'AAAA' }] } }],
      ['jwks_uri', { jwks: { keys: [publicKey] }, jwks_uri: 'https://app.example/jwks' }],
      ['jwks_uri', { jwks_uri: 'ftp://app.example/jwks' }],
      ['id_token_signed_response_alg', { id_token_signed_response_alg: 'none' }],
      ['first_party', { first_party: 'true' }],
      ['refresh_token_grace', { refresh_token_grace: 301 }],
      ['refresh_token_grace', { refresh_token_grace: 1.5 }],
      ['default_resource', { default_resource: 'https://not-registered.example/' }],
      ['wallet_origin', { wallet_origin: 'https://dapp.example/' }],
      ['wallet_origin', { wallet_origin: 'http://dapp.example' }],
      ['wallet_origin', { wallet_origin: 'https://dapp.example', token_endpoint_auth_method: 'client_secret_basic' }],
      ['wallet_message', { wallet_message: 'other' }],
      ['wallet_challenge_lifetime', { wallet_challenge_lifetime: 0 }],
      ['client_secret', { client_secret: 'a-secret-of-the-administrator-s-own' }],
      ['secretHash', { secretHash: 'x' }],
    ])('given a wrong %s, when a client is added, then it is named, and there is no client', async (field, record) => {
      const name = newId();

      expectInvalid(await call('POST', '/clients', { client_id: name, ...record }), field);
      expect((await call('GET', `/clients/${name}`)).status).toBe(404);
    });

    it.each([
      ['another', { client_id: 'another' }],
      ['none', { client_id: null }],
      ['an unknown field that is to go', { colour: null }],
    ])(
      'given %s for an id, when a patch is sent, then it is refused: ids never change, and nothing is guessed',
      async (_what, patch) => {
        const { body } = await call('POST', '/clients', { wallet_origin: 'https://a.example' });

        const [field = ''] = Object.keys(patch);
        expectInvalid(await call('PATCH', `/clients/${String(body['client_id'])}`, patch), field);
      },
    );

    it('given a removal that ended half-way, when it is sent again, then it is 404, and what was left has ended', async () => {
      const { client, browser } = await clientAndUser();
      await redeem(service, await codeFor(service, browser, { client_id: client.client_id }));
      await service.app.get(ClientStore).remove(client.client_id);
      const before = dataOf(await call('GET', `/grants?client_id=${client.client_id}`));

      const { status } = await call('DELETE', `/clients/${client.client_id}`);

      expect([before.length, status]).toEqual([1, 404]);
      expect(dataOf(await call('GET', `/grants?client_id=${client.client_id}`))).toEqual([]);
    });

    it('given another secret, when both are shown, then both serve until the overlap ends', async () => {
      const { body } = await call('POST', '/clients', { redirect_uris: ['https://app.example/cb'] });
      const [id, first] = [String(body['client_id']), String(body['client_secret'])];

      const made = await call('POST', `/clients/${id}/secret`, { expires_old_in: 60 });
      const second = String(made.body['client_secret']);
      const during = [await tokenReason(id, first), await tokenReason(id, second)];
      service.clock.advance(60_000);
      const after = [await tokenReason(id, first), await tokenReason(id, second)];
      const third = String((await call('POST', `/clients/${id}/secret`)).body['client_secret']);
      const atOnce = [await tokenReason(id, second), await tokenReason(id, third)];

      expect(made.status).toBe(201);
      expect(new Set([first, second, third]).size).toBe(3);
      expect(during).toEqual(['code_unknown', 'code_unknown']);
      expect(after).toEqual(['client_authentication_failed', 'code_unknown']);
      expect(atOnce).toEqual(['client_authentication_failed', 'code_unknown']);
    });

    it('given a public client, when a secret is asked for, then it is 409; an overlap that is none is 400', async () => {
      const { body } = await call('POST', '/clients', { wallet_origin: 'https://a.example' });

      const refused = await call('POST', `/clients/${String(body['client_id'])}/secret`);
      const wrong = await call('POST', `/clients/${String(body['client_id'])}/secret`, { expires_old_in: -1 });

      expect([refused.status, refused.body['reason']]).toEqual([409, 'client_without_secret']);
      expectInvalid(wrong, 'expires_old_in');
    });

    it('given a client that was removed, when it is asked for, then it is 404, and what it was granted has ended', async () => {
      const { client, browser } = await clientAndUser();
      const tokens = await redeem(service, await codeFor(service, browser, { client_id: client.client_id }));
      const before = await statusWith(tokens);

      const removed = await call('DELETE', `/clients/${client.client_id}`);

      expect([before, removed.status, await statusWith(tokens)]).toEqual([200, 204, 401]);
      expect((await call('GET', `/clients/${client.client_id}`)).status).toBe(404);
      expect((await call('DELETE', `/clients/${client.client_id}`)).status).toBe(404);
      expect((await call('PATCH', `/clients/${client.client_id}`, {})).status).toBe(404);
    });

    it('given a client that was removed and added again, when a code of before is redeemed, then it is unknown', async () => {
      const { client, browser } = await clientAndUser();
      const code = await codeFor(service, browser, { client_id: client.client_id });
      const others = await codeFor(service, browser);

      await call('DELETE', `/clients/${client.client_id}`);
      await call('POST', '/clients', client);

      expect([(await redeem(service, code)).status, (await redeem(service, others)).status]).toEqual([400, 200]);
    });

    it('given three clients, when they are listed two at a time, then each comes once, and the last page has no next', async () => {
      const ids = ['zz-page-1', 'zz-page-2', 'zz-page-3'];
      for (const id of ids) await call('POST', '/clients', { client_id: id, wallet_origin: 'https://a.example' });

      const first = await call('GET', '/clients?limit=2&after=zz-page');
      const second = await call('GET', `/clients?limit=2&after=${String(first.body['next'])}`);

      const listed = [...dataOf(first), ...dataOf(second)].map(({ client_id }) => client_id);
      expect([listed, second.body['next']]).toEqual([ids, undefined]);
    });

    it.each(['limit=0', 'limit=101', 'limit=1.5', 'limit=x', 'limit=1&limit=2', 'colour=red'])(
      'given %s, when clients are listed, then it is field_invalid',
      async (query) => {
        expectInvalid(await call('GET', `/clients?${query}`), query.split('=')[0]);
      },
    );
  });

  describe('APIs', () => {
    it('given an API, when it is added, changed and removed, then it is what was said last', async () => {
      const api = anApi();

      const added = await call('POST', '/apis', api);
      const path = `/apis/${idOf(added)}`;
      const changed = await call('PATCH', path, { access_token_lifetime: 300, allow_registered_clients: true });
      const found = await call('GET', path);
      const removed = await call('DELETE', path);

      expect(added).toMatchObject({ status: 201, body: { ...api, allow_registered_clients: false } });
      expect(changed.body).toEqual({ ...added.body, access_token_lifetime: 300, allow_registered_clients: true });
      expect(found.body).toEqual(changed.body);
      expect([removed.status, (await call('GET', path)).status]).toEqual([204, 404]);
    });

    it('given an identifier in another spelling, when it is added, then it is the same, and 409', async () => {
      const api = anApi();
      await call('POST', '/apis', api);

      const { status, body } = await call('POST', '/apis', { ...api, identifier: api.identifier.slice(0, -1) });

      expect([status, body['reason']]).toEqual([409, 'already_exists']);
    });

    it.each<[spelling: string, of: (issuer: string) => string]>([
      ['as it is', (issuer) => issuer],
      ['with a slash', (issuer) => `${issuer}/`],
      ['in capitals', (issuer) => issuer.toUpperCase()],
      ['with a segment that means nothing', (issuer) => `${issuer}/a/..`],
    ])('given the issuer %s, when an API is added by it, then it is there already, and 409', async (_spelling, of) => {
      const { status, body } = await call('POST', '/apis', { ...anApi(), identifier: of(service.url) });

      expect([status, body['reason']]).toEqual([409, 'already_exists']);
    });

    it('given a URL under the issuer, when an API is added by it, then it is', async () => {
      const { status } = await call('POST', '/apis', { ...anApi(), identifier: `${service.url}/files` });

      expect(status).toBe(201);
    });

    it('given a client that names it as its default, when it is removed, then it is 409 until none does', async () => {
      const added = await call('POST', '/apis', anApi());
      const client = await call('POST', '/clients', {
        wallet_origin: 'https://a.example',
        default_resource: added.body['identifier'],
      });

      const refused = await call('DELETE', `/apis/${idOf(added)}`);
      await call('PATCH', `/clients/${idOf(client)}`, { default_resource: null });
      const removed = await call('DELETE', `/apis/${idOf(added)}`);

      expect([refused.status, refused.body['reason'], removed.status]).toEqual([409, 'api_in_use', 204]);
    });

    it('given an API, when a secret is made, then it is told once with the client_id', async () => {
      const added = await call('POST', '/apis', anApi());

      const made = await call('POST', `/apis/${idOf(added)}/secret`, {});

      expect(made).toMatchObject({
        status: 201,
        body: { client_id: idOf(added), client_secret: expect.stringMatching(/^[\w-]{43}$/) },
      });
      expect(JSON.stringify(await call('GET', `/apis/${idOf(added)}`))).not.toContain('secret');
    });

    it.each<[string, Record<string, unknown>]>([
      ['identifier', { identifier: 'notes' }],
      ['identifier', { identifier: 'https://notes.example/#a' }],
      ['identifier', { identifier: undefined }],
      ['name', { name: 'x'.repeat(101) }],
      ['scopes', { scopes: ['read'] }],
      ['scopes', { scopes: [{ name: 'read' }] }],
      ['scopes', { scopes: [{ name: 'openid', description: 'ours' }] }],
      ['scopes', { scopes: [{ name: 'a b', description: 'two words' }] }],
      ['scopes', { scopes: [{ name: 'a', description: 'b', more: 'c' }] }],
      ['allow_registered_clients', { allow_registered_clients: 1 }],
      ['access_token_lifetime', { access_token_lifetime: 0 }],
      ['id', { id: 'my-own' }],
    ])('given a wrong %s, when an API is added, then it is named', async (field, record) => {
      expectInvalid(await call('POST', '/apis', { ...anApi(), ...record }), field);
    });

    it('given another identifier, when a patch is sent, then it is refused', async () => {
      const added = await call('POST', '/apis', anApi());

      const refused = await call('PATCH', `/apis/${idOf(added)}`, { identifier: 'https://other.example/' });

      expectInvalid(refused, 'identifier');
    });
  });

  describe('users', () => {
    const password = 'correct horse battery';

    /** A user who has logged in, and has tokens. */
    async function userWithTokens(scope = 'openid') {
      const username = newId();
      const path = `/users/${idOf(await call('POST', '/users', { username, password }))}`;
      const { browser } = await logIn(username, password);
      return { username, path, browser, tokens: await redeem(service, await codeFor(service, browser, { scope })) };
    }

    it('given a user, when it is added, then it logs in in any case of its name, and no answer has the password', async () => {
      const username = `Anna-${newId()}`;
      const profile = {
        name: 'Anna',
        email: 'anna@example.com',
        email_verified: true,
        picture: 'https://a.example/p.png',
      };

      const added = await call('POST', '/users', { username, password, ...profile });
      const found = await call('GET', `/users/${idOf(added)}`);

      expect(added).toMatchObject({ status: 201, body: { username, ...profile, disabled: false } });
      expect(added.body['sub']).toBe(added.body['id']);
      expect(found.body).toEqual(added.body);
      expect(JSON.stringify([added.body, found.body])).not.toMatch(/argon2|password/);
      expect((await logIn(username.toUpperCase(), password)).status).toBe(303);
      expect((await logIn(username, 'another password')).status).toBe(401);
    });

    it('given a hash from elsewhere, when a user is added with it, then the password logs in', async () => {
      const username = newId();

      const added = await call('POST', '/users', {
        username,
        password_hash: await hash(password, { memoryCost: 8_192, timeCost: 1, parallelism: 2 }),
      });

      expect([added.status, (await logIn(username, password)).status]).toEqual([201, 303]);
    });

    it('given a taken name in another case, when a user is added or renamed, then it is 409', async () => {
      const [username, other] = [newId(), newId()];
      await call('POST', '/users', { username, password });
      const { body } = await call('POST', '/users', { username: other, password });

      const added = await call('POST', '/users', { username: username.toUpperCase(), password });
      const renamed = await call('PATCH', `/users/${String(body['id'])}`, { username: username.toLowerCase() });

      expect([added.status, added.body['reason']]).toEqual([409, 'already_exists']);
      expect([renamed.status, renamed.body['reason']]).toEqual([409, 'already_exists']);
    });

    it('given a new password, when it is set, then what the user had has ended, and only the new one logs in', async () => {
      const { username, path, browser, tokens } = await userWithTokens('openid offline_access');
      const codeBefore = await codeFor(service, browser);

      const changed = await call('PATCH', path, { password: 'another password' });

      expect([changed.status, await statusWith(tokens)]).toEqual([200, 401]);
      expect((await redeem(service, codeBefore)).status).toBe(400);
      expect(await isLoggedOut(browser)).toBe(true);
      expect((await logIn(username, password)).status).toBe(401);
      expect((await logIn(username, 'another password')).status).toBe(303);
    });

    it('given a name, when it is changed, then nothing of the user ends', async () => {
      const { path, tokens } = await userWithTokens();

      await call('PATCH', path, { name: 'Another name', email: null });

      expect(await statusWith(tokens)).toBe(200);
    });

    it('given a user who is disabled, when anything of theirs is used, then it has ended, until they are enabled', async () => {
      const { username, path, tokens } = await userWithTokens();

      const disabled = await call('PATCH', path, { disabled: true });
      const during = [await statusWith(tokens), (await logIn(username, password)).status];
      await call('PATCH', path, { disabled: null });

      expect(disabled.body).toMatchObject({ disabled: true });
      expect(during).toEqual([401, 401]);
      expect([await statusWith(tokens), (await logIn(username, password)).status]).toEqual([401, 303]);
    });

    it('given a user who was removed, when another has the name, then it is another subject without what was', async () => {
      const { username, path, browser, tokens } = await userWithTokens();

      const removed = await call('DELETE', path);
      const second = await call('POST', '/users', { username, password });

      expect([removed.status, second.status, await statusWith(tokens)]).toEqual([204, 201, 401]);
      expect(`/users/${idOf(second)}`).not.toBe(path);
      expect((await call('GET', path)).status).toBe(404);
      expect(await isLoggedOut(browser)).toBe(true);
    });

    it.each<[string, Record<string, unknown>]>([
      ['username', { username: '' }],
      ['username', { username: ' anna' }],
      ['username', { username: undefined }],
      ['username', { username: 'x'.repeat(201) }],
      ['password', { password: 'seven77' }],
      ['password', { password: 'x'.repeat(201) }],
      ['password_hash', { password_hash: '$2b$12$x' }],
      [
        'password_hash',
        { password: undefined, password_hash: '$2b$15$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW' },
      ],
      [
        'password_hash',
        { password: undefined, password_hash: '$argon2id$v=19$m=999999,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b27Yw' },
      ],
      ['name', { name: '' }],
      ['email', { email: 'anna' }],
      ['email_verified', { email_verified: 'yes' }],
      ['picture', { picture: 'javascript:alert(1)' }],
      ['disabled', { disabled: 0 }],
      ['sub', { sub: 'user0' }],
      ['id', { id: 'user0' }],
      ['role', { role: 'admin' }],
    ])('given a wrong %s, when a user is added, then it is named, and there is no user', async (field, record) => {
      const username = newId();

      expectInvalid(await call('POST', '/users', { username, password, ...record }), field);
      expect((await logIn(username, password)).status).toBe(401);
    });
  });

  describe('logins', () => {
    it('given logins of a user, when they are listed and ended, then those that are named are, and no others', async () => {
      const [username, other, password] = [newId(), newId(), 'password of a user'];
      const { body } = await call('POST', '/users', { username, password });
      const sub = String(body['id']);
      await call('POST', '/users', { username: other, password });
      const mine = await logIn(username, password);
      const tokens = await redeem(service, await codeFor(service, mine.browser));
      const others = await redeem(service, await codeFor(service, (await logIn(other, password)).browser));

      const grants = await call('GET', `/grants?sub=${sub}&client_id=demo-spa`);
      const sessions = await call('GET', `/sessions?sub=${sub}`);
      const ended = await call('DELETE', `/grants?sub=${sub}`);
      const sessionEnded = await call('DELETE', `/sessions/${String(dataOf(sessions)[0]?.['id'])}`);

      expect(dataOf(grants)).toEqual([
        expect.objectContaining({ sub, client_id: 'demo-spa', model: 'pkce', scope: 'openid' }),
      ]);
      expect(dataOf(sessions)).toEqual([expect.objectContaining({ sub, amr: ['pwd'] })]);
      expect([ended.body, sessionEnded.status]).toEqual([{ ended: 1 }, 204]);
      expect([await statusWith(tokens), await statusWith(others)]).toEqual([401, 200]);
      expect(await isLoggedOut(mine.browser)).toBe(true);
      expect(dataOf(await call('GET', `/grants?sub=${sub}`))).toEqual([]);
    });

    it('given a grant, when it is ended by its id and once more, then it is 204 and then 404', async () => {
      const { browser } = await logIn('user0', 'password0');
      const tokens = await redeem(service, await codeFor(service, browser));
      const [grant] = dataOf(await call('GET', '/grants?sub=user0'));

      const first = await call('DELETE', `/grants/${String(grant?.['id'])}`);
      const second = await call('DELETE', `/grants/${String(grant?.['id'])}`);

      expect([first.status, second.status, second.body['reason']]).toEqual([204, 404, 'record_unknown']);
      expect(tokens.status).toBe(200);
    });

    it.each(['/grants', '/sessions'])('given %s and no name, when all are to end, then it is 400', async (path) => {
      const nothing = await call('DELETE', path);
      const empty = await call('DELETE', `${path}?sub=`);
      const mistyped = await call('DELETE', `${path}?sbu=user0`);

      expect([nothing, empty].map(({ status, body }) => [status, body['reason']])).toEqual([
        [400, 'query_required'],
        [400, 'query_required'],
      ]);
      expectInvalid(mistyped, 'sbu');
    });
  });

  describe('keys', () => {
    it('given keys, when they are rotated, then the new ones are upcoming, and nothing private is told', async () => {
      const before = await call('GET', '/keys');

      const rotated = await call('POST', '/keys/rotate', {});
      const immediately = await call('POST', '/keys/rotate', { immediately: true });

      expect(new Set(statesIn(before))).toEqual(new Set(['signing']));
      expect(new Set(statesIn(rotated))).toEqual(new Set(['upcoming', 'signing']));
      expect(new Set(statesIn(immediately))).toEqual(new Set(['signing']));
      for (const key of dataOf(rotated)) expect(key['public_key']).not.toHaveProperty('d');
    });

    it('given a type of a body that is not there, when it can be done without, then it is, else it is body_invalid', async () => {
      const path = `/apis/${idOf(await call('POST', '/apis', anApi()))}`;
      const json = { 'content-type': 'application/json' };

      const withBody = await admin(service, 'DELETE', path, '{}', json);
      const without = await admin(service, 'DELETE', path, undefined, json);
      const rotated = await admin(service, 'POST', '/keys/rotate', undefined, json);
      const needed = await admin(service, 'POST', '/clients', undefined, json);

      expect([withBody.status, without.status, rotated.status]).toEqual([415, 204, 200]);
      expect([needed.status, needed.body['reason']]).toEqual([400, 'body_invalid']);
    });
  });

  it('given secrets and passwords, when everything is read afterwards, then none is in an answer, the log or the store', async () => {
    const username = newId();
    const [password, another] = [`first ${newId()}`, `second ${newId()}`];
    const passwordHash = await hash(`third ${newId()}`, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    const client = await call('POST', '/clients', { redirect_uris: ['https://app.example/cb'] });
    const api = await call('POST', '/apis', anApi());
    const user = await call('POST', '/users', { username, password });
    const handedOver = [
      client,
      await call('POST', `/clients/${idOf(client)}/secret`, { expires_old_in: 60 }),
      await call('POST', `/apis/${idOf(api)}/secret`),
    ].map(({ body }) => String(body['client_secret']));
    const answers = [
      await call('PATCH', `/users/${idOf(user)}`, { password: another }),
      await call('PATCH', `/users/${idOf(user)}`, { password_hash: passwordHash }),
      await call('PATCH', `/users/${idOf(user)}`, { password: [another] }),
      await call('PATCH', `/clients/${idOf(client)}`, { client_secret: handedOver[0] }),
      await call('POST', '/users', { username, password: another }),
      ...(await Promise.all(
        [
          '/clients',
          `/clients/${idOf(client)}`,
          '/apis',
          `/apis/${idOf(api)}`,
          '/users',
          `/users/${idOf(user)}`,
          '/keys',
        ].map((path) => call('GET', path)),
      )),
    ];

    const read = JSON.stringify([user, ...answers]) + service.log.join('\n');
    const stored = await storedText();
    const secrets = [...handedOver, password, another];
    expect(
      secrets.filter((secret) => secret.length > 20 && !read.includes(secret) && !stored.includes(secret)),
    ).toEqual(secrets);
    expect([read.includes(passwordHash), read.includes(adminToken), stored.includes(adminToken)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(read).not.toMatch(/argon2id|"d":/);
    expect(stored).toContain(hashSecret(handedOver[0] ?? ''));
  });

  async function storedText(): Promise<string> {
    const { mongodbUri, dataDir } = service.config;
    if (mongodbUri === undefined) return dataFileOf({ DATA_DIR: dataDir }).toString('latin1');
    return contentsOf('mongodb', { env: { MONGODB_URI: mongodbUri } });
  }

  it('given all of this, when the log is read, then each change is an event of the request that made it', async () => {
    const events = service.log.flatMap((line) => {
      const { event, events: all = [event] } = JSON.parse(line) as { event?: string; events?: string[] };
      return all;
    });

    const changes = 'client_added client_changed client_secret_added client_removed api_added user_added'.split(' ');
    expect(events).toEqual(expect.arrayContaining(changes));
    expect(service.log.filter((line) => (JSON.parse(line) as { level: number }).level >= 50)).toEqual([]);
  });

  async function statusWith(tokens: Answer): Promise<number> {
    return (await me(service, tokens)).status;
  }
});

function idOf({ body }: Answer): string {
  return String(body['id'] ?? body['client_id']);
}

/** Asserts that the answer refuses the field, and says what is allowed in it. */
function expectInvalid({ status, body }: Answer, field = ''): void {
  expect([status, body['error'], body['reason']]).toEqual([400, 'invalid_request', 'field_invalid']);
  expect(body['error_description']).toMatch(new RegExp(`^${field} is not allowed so; allowed: .`));
}

function dataOf({ body }: Answer): Record<string, unknown>[] {
  return body['data'] as Record<string, unknown>[];
}

async function isLoggedOut(browser: BrowserSession): Promise<boolean> {
  const { headers } = await browser.fetch(`/authorize?${authorizationQuery()}`);
  return headers.get('location')?.startsWith('/login') === true;
}

function statesIn(answer: Answer): unknown[] {
  return dataOf(answer).map(({ state }) => state);
}

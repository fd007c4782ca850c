import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Client } from '../../src/domain/clients/client';
import { GrantStore } from '../../src/domain/challenges/grant-store';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { ClientCredentialsFlow } from '../../src/protocols/oauth/client-credentials.flow';
import { newDpopKey } from '../support/clients/dpop';
import { RecordedEvents } from '../support/service/recorded-events';
import { hashSecret } from '../../src/domain/credentials/secret';
import { admin, adminToken } from '../support/operations/admin';
import { askWith, basic, type Fields, postFields, postToken } from '../support/clients/pkce-login';
import { registerApi, registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const secret = 'a-secret-of-the-tests';

describe.each(storesUnderTest)('grant_type=client_credentials on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  const api = fixture(() => registerApi(service));
  const client = fixture(() => machine());

  const machine = (changes: Partial<Client> = {}) =>
    registerClient(service, {
      authentication: 'client_secret',
      secrets: [{ hash: hashSecret(secret) }],
      grantTypes: ['client_credentials'],
      redirectUris: [],
      ...changes,
    });
  const ask = (fields: Fields = {}, { clientId } = client) =>
    postToken(
      service,
      { grant_type: 'client_credentials', resource: api.identifier, scope: 'notes:read', ...fields },
      basic(clientId, secret),
    );

  const issueTo = (to: Client, events: RecordedEvents, jkt?: string) =>
    service.app
      .get(ClientCredentialsFlow)
      .issue({ client: to, scope: ['notes:read'], resource: api.identifier, jkt, events });

  it('given a client that registered it, when it asks for an API, then its token is its own, for that API', async () => {
    const { status, headers, body } = await ask();

    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'notes:read',
    });
    const claims = decodeJwt(String(body['access_token']));
    expect(claims).toMatchObject({
      iss: service.url,
      sub: client.clientId,
      client_id: client.clientId,
      aud: api.identifier,
      scope: 'notes:read',
    });
    // Source: RFC 9068 §2.2.1.
    expect(claims).not.toHaveProperty('auth_time');
    expect(claims).not.toHaveProperty('amr');
  });

  it('given a client, when its token is issued, then its grant is its own, without an end-user, and it is told', async () => {
    const events = new RecordedEvents();
    const { access_token: token } = await service.clock.standStill(() => issueTo(client, events));
    const grantId = decodeJwt<{ grant_id: string }>(token).grant_id;
    const grant = await service.app.get(GrantStore).find(grantId);

    expect(grant?.authentication).toEqual({
      sub: client.clientId,
      amr: [],
      authTime: Math.floor((grant?.createdAt ?? 0) / 1000),
    });
    expect(events.all).toEqual([
      { type: 'client_token_issued', clientId: client.clientId, sub: client.clientId, grantId },
    ]);
  });

  it('given two APIs and a key, when a token is asked for one of them, then it is for that one, and bound to the key', async () => {
    const other = await registerApi(service);
    const withDefault = await machine({ defaultResource: other.identifier });
    const key = await newDpopKey(service.clock);

    const { access_token: token } = await issueTo(withDefault, new RecordedEvents(), key.jkt);

    expect(decodeJwt(token)).toMatchObject({ aud: api.identifier, cnf: { jkt: key.jkt } });
  });

  it('given a client that was removed during the request, when its token is issued, then there is none', async () => {
    const removed = await machine();
    await service.app.get(ChallengeStore).end({ clientId: removed.clientId }, service.clock.now() + 1_000);

    await expect(issueTo(removed, new RecordedEvents())).rejects.toMatchObject({
      reason: 'client_authentication_failed',
    });
  });

  it('given a default API, when none is named, then the token is for it', async () => {
    const withDefault = await machine({ defaultResource: api.identifier });

    const { body } = await ask({ resource: undefined }, withDefault);

    expect(decodeJwt(String(body['access_token'])).aud).toBe(api.identifier);
  });

  it('given scopes that it may not have among those it may, when it asks, then they are dropped', async () => {
    const { body } = await ask({ scope: 'openid offline_access notes:write nothing' });

    expect(body).toMatchObject({ scope: 'notes:write' });
    expect(body).not.toHaveProperty('refresh_token');
    expect(body).not.toHaveProperty('id_token');
  });

  const self = () => ({ resource: service.url });
  const wrong: [string, () => Fields, string, string][] = [
    ['no API, and no default', () => ({ resource: undefined }), 'invalid_target', 'resource_required'],
    ['this server', self, 'invalid_target', 'resource_required'],
    ['this server, without a scope', () => ({ ...self(), scope: undefined }), 'invalid_target', 'resource_required'],
    ['this server, for an unknown scope', () => ({ ...self(), scope: 'admin' }), 'invalid_target', 'resource_required'],
    ['this server, for its own scope', () => ({ ...self(), scope: 'openid' }), 'invalid_target', 'resource_required'],
    ['an unknown API', () => ({ resource: 'https://nothing.example' }), 'invalid_target', 'resource_unknown'],
    ['end-user scopes alone', () => ({ scope: 'openid profile' }), 'invalid_scope', 'scope_unknown'],
  ];

  it.each(wrong)('given %s, when it asks, then it is refused', async (_case, fields, error, reason) => {
    const { status, body } = await ask(fields());

    expect([status, body['error'], body['reason']]).toEqual([400, error, reason]);
  });

  it('given a client that did not register it, when it asks, then it is unauthorized_client', async () => {
    const { status, body } = await ask({}, await machine({ grantTypes: ['authorization_code'] }));

    expect([status, body['error'], body['reason']]).toEqual([400, 'unauthorized_client', 'grant_type_unregistered']);
  });

  it('given a public client, when it asks, then it is unauthorized_client, however it is registered', async () => {
    const { clientId } = await registerClient(service, { grantTypes: ['client_credentials'] });

    const { body } = await postToken(service, {
      grant_type: 'client_credentials',
      client_id: clientId,
      resource: api.identifier,
    });

    expect(body['reason']).toBe('grant_type_unregistered');
  });

  it('given a wrong secret, when it asks, then it is invalid_client', async () => {
    const fields = { grant_type: 'client_credentials', resource: api.identifier };

    const { status, body } = await postToken(service, fields, basic(client.clientId, 'another'));

    expect([status, body['error']]).toEqual([401, 'invalid_client']);
  });

  it('given its token, when it is shown to this server, then it is nobody', async () => {
    const { body } = await ask();

    const answers = await Promise.all(
      ['/api/me', '/userinfo'].map((path) => askWith(service, body['access_token'], path)),
    );

    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
  });

  it('given its token, when it revokes it, then the grant remembers that', async () => {
    const { body } = await ask();
    const token = String(body['access_token']);

    const { status } = await postFields(service, '/revoke', { token }, basic(client.clientId, secret));

    const { grant_id: grantId, jti } = decodeJwt(token);
    const grant = await service.app.get(GrantStore).find(String(grantId));
    expect(status).toBe(200);
    expect(grant?.revokedTokens).toMatchObject([{ jti }]);
  });

  it('given 60 tokens of one client, when they are counted, then 50 live', async () => {
    const busy = await machine();

    for (let count = 0; count < 60; count += 1) await ask({}, busy);

    const { items } = await service.app
      .get(GrantStore)
      .list({ clientId: busy.clientId }, { limit: 100 }, service.clock.now());
    expect(items).toHaveLength(50);
    expect(items[0]).toMatchObject({ model: 'client', authentication: { sub: busy.clientId } });
  });

  it('given a client that the administration registers, when its grants are listed, then its tokens are there', async () => {
    const { body: made } = await admin(service, 'POST', '/clients', {
      client_id: 'by-the-administration',
      grant_types: ['client_credentials'],
      scope: 'notes:read',
      default_resource: api.identifier,
    });

    const { status } = await postToken(
      service,
      { grant_type: 'client_credentials' },
      basic('by-the-administration', String(made['client_secret'])),
    );
    const { body } = await admin(service, 'GET', '/grants?client_id=by-the-administration');

    expect(status).toBe(200);
    expect(body['data']).toMatchObject([{ sub: 'by-the-administration', model: 'client' }]);
  });
});

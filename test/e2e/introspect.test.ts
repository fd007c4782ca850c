import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { ApiStore } from '../../src/domain/apis/api-store';
import { hashSecret, newId, newSecret } from '../../src/domain/credentials/secret';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { Grants } from '../../src/domain/tokens/grants';
import { completeAuthentication } from '../support/stores/sample-challenges';
import { admin, adminToken } from '../support/operations/admin';
import { newDpopKey } from '../support/clients/dpop';
import { basic, codeFor, type Fields, loggedIn, postFields, redeem, refresh } from '../support/clients/pkce-login';
import { registerApi, registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { newAccount, signIn } from '../support/clients/wallet';

const inactive = { active: false };
const unauthenticated = { error: 'invalid_client', reason: 'client_authentication_failed' };

describe.each(storesUnderTest)('/introspect on %s', (store) => {
  const secrets = { client: newSecret(), notes: newSecret(), files: newSecret() };

  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  const browser = fixture(() => loggedIn(service));
  const notes = fixture(() => registerApi(service, { secrets: [{ hash: hashSecret(secrets.notes) }] }));
  const files = fixture(() => registerApi(service, { secrets: [{ hash: hashSecret(secrets.files) }] }));
  const client = fixture(() =>
    registerClient(service, {
      authentication: 'client_secret',
      secrets: [{ hash: hashSecret(secrets.client) }],
    }),
  );

  const introspect = (fields: Fields, headers?: HeadersInit) => postFields(service, '/introspect', fields, headers);
  const byClient = () => basic(client.clientId, secrets.client);
  const byNotes = () => basic(notes.id, secrets.notes);
  const byFiles = () => basic(files.id, secrets.files);
  const ask = async (token: unknown, headers: HeadersInit) =>
    (await introspect({ token: String(token) }, headers)).body;

  const send = async (body: string, type: string) =>
    fetch(`${service.url}/introspect`, { method: 'POST', headers: { ...byClient(), 'content-type': type }, body });

  /** The tokens of a login of the confidential client. */
  async function tokens(changes: Fields = {}, headers: HeadersInit = {}) {
    const query = { client_id: client.clientId, scope: 'openid offline_access', ...changes };
    const code = await codeFor(service, browser, query);
    return (await redeem(service, code, { client_id: undefined }, { ...byClient(), ...headers })).body;
  }
  const forNotes = () => tokens({ scope: 'notes:read', resource: notes.identifier });

  it('given an access token, when its client asks, then it is told what the token says, and no cache keeps it', async () => {
    const { access_token: token } = await tokens();

    const { status, headers, body } = await introspect({ token: String(token) }, byClient());

    const { iss, sub, aud, client_id, scope, iat, exp, jti, auth_time, amr } = decodeJwt(String(token));
    const said = { iss, sub, aud, client_id, scope, iat, exp, jti, auth_time, amr };
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(body).toEqual({ active: true, ...said, token_type: 'Bearer' });
  });

  it('given a token for an API, when it asks by either method, then it is told, and no other API is', async () => {
    const { access_token: token } = await forNotes();

    const byPost = { token: String(token), client_id: notes.id, client_secret: secrets.notes };

    expect(await ask(token, byNotes())).toMatchObject({ active: true, aud: notes.identifier, scope: 'notes:read' });
    expect((await introspect(byPost)).body).toMatchObject({ active: true, sub: 'user0' });
    expect(await ask(token, byFiles())).toEqual(inactive);
  });

  it('given an API that was once registered by the issuer, when it asks about a token for this server, then it learns nothing', async () => {
    const secret = newSecret();
    const stored = { identifier: service.url, secrets: [{ hash: hashSecret(secret) }] };
    const api = await registerApi(service, stored);
    const both = await tokenForBoth();
    const { access_token: alone } = await tokens();

    const answers = [await ask(alone, basic(api.id, secret)), await ask(both, basic(api.id, secret))];
    const toClient = await ask(alone, byClient());
    await service.app.get(ApiStore).remove(api.id);

    expect(answers).toEqual([inactive, inactive]);
    expect(toClient).toMatchObject({ active: true, aud: service.url });
  });

  /** For an API and this server together. */
  async function tokenForBoth() {
    const own = await registerClient(service, { defaultResource: notes.identifier });
    const code = await codeFor(service, browser, { client_id: own.clientId, scope: 'openid notes:read' });
    return (await redeem(service, code)).body['access_token'];
  }

  it('given a token for an API and this server together, when the API asks, then it is told', async () => {
    expect(await ask(await tokenForBoth(), byNotes())).toMatchObject({
      active: true,
      aud: [notes.identifier, service.url],
    });
  });

  it('given a token of another client, when a client asks, then it learns nothing', async () => {
    const { access_token: token, refresh_token: refreshToken } = (
      await redeem(service, await codeFor(service, browser, { scope: 'openid offline_access' }))
    ).body;

    expect(await ask(token, byClient())).toEqual(inactive);
    expect(await ask(refreshToken, byClient())).toEqual(inactive);
  });

  it('given a token that is bound to a key, when it is asked about, then its key is told', async () => {
    const key = await newDpopKey(service.clock);
    const dpop = await key.proof({ url: `${service.url}/token` });
    const { access_token: token } = await tokens({}, { dpop });

    expect(await ask(token, byClient())).toMatchObject({ token_type: 'DPoP', cnf: { jkt: key.jkt } });
  });

  it('given an API whose identifier begins another’s, when it asks about a token of that one, then it learns nothing', async () => {
    const secret = newSecret();
    const outer = await registerApi(service, { secrets: [{ hash: hashSecret(secret) }] });
    const under = await registerApi(service, { identifier: `${outer.identifier}/notes` });
    const { access_token: token } = await tokens({ scope: 'notes:read', resource: under.identifier });

    expect(await ask(token, basic(outer.id, secret))).toEqual(inactive);
  });

  it('given a refresh token that is bound to a key, when its client asks, then its key and its times are told, up to the last moment', async () => {
    const bound = newSecret();
    const { grant, refreshToken = '' } = service.app.get(Grants).begin({
      model: 'pkce',
      clientId: client.clientId,
      authentication: completeAuthentication,
      scope: ['offline_access'],
      id: newId(),
      proof: { codeChallenge: 'x' },
    });
    const expiresAt = grant.refresh?.expiresAt ?? 0;
    const stored = { ...grant, refresh: { ...grant.refresh!, jkt: bound } };
    await service.app.get(ChallengeStore).begin(stored, service.clock.now());

    await service.clock.standStill(async () => {
      const told = await ask(refreshToken, byClient());
      service.clock.advance(expiresAt - service.clock.now() - 1);
      const last = await ask(refreshToken, byClient());
      service.clock.advance(1);

      expect(told).toMatchObject({
        iat: Math.floor(grant.createdAt / 1000),
        exp: Math.floor(expiresAt / 1000),
        cnf: { jkt: bound },
      });
      expect(last).toMatchObject({ active: true });
      expect(await ask(refreshToken, byClient())).toEqual(inactive);
    });
  });

  it('given a wallet’s token for an API, when the API asks, then it is told the account', async () => {
    const dapp = await registerClient(service, { walletOrigin: service.url });
    const account = newAccount();
    const asked = { clientId: dapp.clientId, scope: 'notes:read', resourceIndicators: [notes.identifier] };
    const { answer } = await signIn(service, account, asked);

    expect(await ask(answer.body['access_token'], byNotes())).toMatchObject({
      active: true,
      sub: `eip155:1:${account.address}`,
    });
  });

  it('given a refresh token, when its client asks, then it is told until it is rotated, and an API never is', async () => {
    const { refresh_token: first } = await tokens();

    expect(await ask(first, byClient())).toEqual({
      active: true,
      iss: service.url,
      client_id: client.clientId,
      sub: 'user0',
      scope: 'openid offline_access',
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    expect(await ask(first, byNotes())).toEqual(inactive);
    const { body } = await refresh(service, first, { client_id: undefined }, byClient());
    expect(await ask(first, byClient())).toEqual(inactive);
    expect(await ask(body['refresh_token'], byClient())).toMatchObject({ active: true });
  });

  it('given tokens that were revoked, alone or with their grant, when they are asked about, then they are inactive', async () => {
    const [one, other] = [await tokens(), await tokens()];
    const revoke = (token: unknown) => postFields(service, '/revoke', { token: String(token) }, byClient());
    await revoke(one['access_token']);
    await revoke(other['refresh_token']);

    expect(await ask(one['access_token'], byClient())).toEqual(inactive);
    expect(await ask(one['refresh_token'], byClient())).toMatchObject({ active: true });
    expect(await ask(other['access_token'], byClient())).toEqual(inactive);
    expect(await ask(other['refresh_token'], byClient())).toEqual(inactive);
  });

  it('given tokens whose time is over, when they are asked about, then they are inactive', async () => {
    const { access_token: token, refresh_token: refreshToken } = await tokens();

    service.clock.advance(901_000);
    expect(await ask(token, byClient())).toEqual(inactive);
    service.clock.advance(2_592_000_000);
    expect(await ask(refreshToken, byClient())).toEqual(inactive);
  });

  it.each([
    ['a word', 'token'],
    ['a JWT of nobody', 'a.b.c'],
    ['a made-up refresh token', `${'g'.repeat(22)}.${'s'.repeat(64)}`],
    ['16,000 characters', 'x'.repeat(15_000)],
  ])('given %s, when it is asked about, then it is inactive', async (_case, token) => {
    expect(await ask(token, byClient())).toEqual(inactive);
    expect(await ask(token, byNotes())).toEqual(inactive);
  });

  it('given an ID token or a code, when its client asks, then it is inactive', async () => {
    const { id_token: idToken } = await tokens();
    const { code } = await codeFor(service, browser, { client_id: client.clientId });

    expect(await ask(idToken, byClient())).toEqual(inactive);
    expect(await ask(code, byClient())).toEqual(inactive);
  });

  it.each<[string, () => Fields, () => HeadersInit]>([
    ['nobody', () => ({}), () => ({})],
    ['a public client', () => ({ client_id: 'demo-spa' }), () => ({})],
    ['an unknown client', () => ({}), () => basic('nobody', 'secret')],
    ['a client with a wrong secret', () => ({}), () => basic(client.clientId, 'wrong')],
    ['an API with a wrong secret', () => ({}), () => basic(notes.id, 'wrong')],
    ['an API with the secret of another', () => ({}), () => basic(notes.id, secrets.files)],
    ['an API by its identifier', () => ({}), () => basic(encodeURIComponent(notes.identifier), secrets.notes)],
    ['an API without a secret', () => ({ client_id: notes.id }), () => ({})],
    ['a bearer', () => ({}), () => ({ authorization: `Bearer ${secrets.notes}` })],
  ])('given %s, when a token is asked about, then it is 401', async (_case, fields, headers) => {
    const { access_token: token } = await forNotes();

    const { status, headers: told, body } = await introspect({ token: String(token), ...fields() }, headers());

    expect(status).toBe(401);
    expect(told.get('www-authenticate')).toBe(`Basic realm="${service.url}"`);
    expect(body).toMatchObject(unauthenticated);
  });

  it.each<[string, Fields, string]>([
    ['no token', {}, 'token_required'],
    ['an empty token', { token: '' }, 'token_required'],
    ['two methods of authentication', { token: 'x', client_secret: 'y' }, 'client_authentication_repeated'],
  ])('given %s, when it is asked, then it is 400', async (_case, fields, reason) => {
    const { status, body } = await introspect(fields, byClient());

    expect([status, body['error'], body['reason']]).toEqual([400, 'invalid_request', reason]);
  });

  it('given a parameter twice, or JSON, when it is asked, then it is refused', async () => {
    const twice = await send('token=a&token=b', 'application/x-www-form-urlencoded');
    const json = await send('{"token":"a"}', 'application/json');

    expect([twice.status, json.status]).toEqual([400, 415]);
    expect(await twice.json()).toMatchObject({ reason: 'parameter_repeated' });
  });

  it('given the secret that the administration makes, when it is replaced and the API removed, then the old one and all are worth nothing', async () => {
    const api = await registerApi(service);
    const first = (await admin(service, 'POST', `/apis/${api.id}/secret`)).body;
    const authorized = ({ client_id: id, client_secret: secret }: typeof first) => basic(String(id), String(secret));
    const statusWith = async (made: typeof first) => (await introspect({ token: 'x' }, authorized(made))).status;
    expect(await statusWith(first)).toBe(200);

    const second = (await admin(service, 'POST', `/apis/${api.id}/secret`)).body;
    const afterOther = [await statusWith(first), await statusWith(second)];
    await service.app.get(ApiStore).remove(api.id);

    expect(afterOther).toEqual([401, 200]);
    expect(await statusWith(second)).toBe(401);
  });
});

import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { ClientStore } from '../../src/domain/clients/client-store';
import { RevokeFlow } from '../../src/protocols/oauth/revoke.flow';
import { RecordedEvents } from '../support/service/recorded-events';
import { newId } from '../../src/domain/credentials/secret';
import { newRefreshToken } from '../../src/domain/tokens/refresh-token';
import { logIn, logInByWallet } from '../support/clients/logged-in-client';
import { askWith, basic, type Fields, loggedIn, postFields, refresh } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';
import { newAccount } from '../support/clients/wallet';

const scope = 'openid profile offline_access';

describe.each(bothStores)('POST /revoke on %s', (store) => {
  const service = fixture(() => startService(store));
  const browser = fixture(() => loggedIn(service));

  const tokens = async () => (await logIn(service, browser, { scope })).tokens;
  const revoke = (token: unknown, fields: Fields = {}, headers: HeadersInit = {}) =>
    postFields(service, '/revoke', { client_id: 'demo-spa', token: String(token), ...fields }, headers);
  const statusOf = async (token: unknown) => (await askWith(service, token)).status;

  it('given a refresh token, when it is revoked, then it and every access token of its grant are worth nothing', async () => {
    const first = await tokens();
    const second = (await refresh(service, first.refreshToken)).body;

    const response = await revoke(second['refresh_token']);

    expect(response.status).toBe(200);
    expect(response.body).toEqual({});
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect([await statusOf(first.accessToken), await statusOf(second['access_token'])]).toEqual([401, 401]);
    const refreshed = await refresh(service, second['refresh_token']);
    expect(refreshed.body).toMatchObject({ error: 'invalid_grant', reason: 'refresh_token_revoked' });
  });

  it('given a former refresh token, when it is revoked, then its grant ends with it', async () => {
    const first = await tokens();
    const second = (await refresh(service, first.refreshToken)).body;

    const response = await revoke(first.refreshToken);

    expect(response.status).toBe(200);
    expect(await statusOf(second['access_token'])).toBe(401);
  });

  it('given an access token, when it is revoked, again and once more, then it alone is worth nothing', async () => {
    const first = await tokens();
    const second = (await refresh(service, first.refreshToken)).body;

    const statuses = [];
    for (let time = 0; time < 3; time += 1) statuses.push((await revoke(first.accessToken)).status);

    expect(statuses).toEqual([200, 200, 200]);
    expect([await statusOf(first.accessToken), await statusOf(second['access_token'])]).toEqual([401, 200]);
    expect((await refresh(service, second['refresh_token'])).status).toBe(200);
    const refused = await askWith(service, first.accessToken);
    expect(await refused.json()).toMatchObject({ reason: 'access_token_revoked' });
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('given tokens of a wallet login, when they are revoked, then they are worth nothing', async () => {
    const given = await logInByWallet(service, newAccount(), { scope: 'openid offline_access' });

    const response = await revoke(given.refreshToken, { client_id: 'demo-dapp' });

    expect(response.status).toBe(200);
    expect(await statusOf(given.accessToken)).toBe(401);
  });

  it('given more access tokens than a grant remembers, when the next is revoked, then the grant ends, and nothing comes back', async () => {
    const { client, tokens: begun } = await logIn(service, browser, { scope });
    const given = [begun];
    for (let turn = 0; turn < 33; turn += 1) given.push(await client.refresh());

    for (const { accessToken } of given.slice(0, 33)) await revoke(accessToken);

    const statuses = await Promise.all(given.map(({ accessToken }) => statusOf(accessToken)));
    expect(new Set(statuses)).toEqual(new Set([401]));
    await expect(client.refresh()).rejects.toMatchObject({ code: 'invalid_grant', status: 400 });
  });

  it('given a token of another client, when it is revoked, then nothing happens, and nothing tells whose it is', async () => {
    const { accessToken: access, refreshToken } = await tokens();

    const answers = [
      await revoke(access, { client_id: 'demo-partner' }),
      await revoke(refreshToken, { client_id: 'demo-partner' }),
      await revoke(access, { client_id: undefined }, basic('demo-client', 'demo-secret')),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await statusOf(access)).toBe(200);
    expect((await refresh(service, refreshToken)).status).toBe(200);
  });

  it('given an access token, when it is revoked, then that is told; of a grant that has ended nothing is', async () => {
    const [live, ended] = [await tokens(), await tokens()];
    await revoke(ended.refreshToken);
    const client = await service.app.get(ClientStore).find('demo-spa');
    const toldOf = async (token: string) => {
      const events = new RecordedEvents();
      if (client !== undefined) await service.app.get(RevokeFlow).revoke({ client, token, events });
      return events.all;
    };
    const { grant_id: grantId } = decodeJwt<{ grant_id: string }>(live.accessToken);

    expect(await toldOf(ended.accessToken)).toEqual([]);
    expect(await toldOf(live.accessToken)).toEqual([
      { type: 'access_token_revoked', clientId: 'demo-spa', sub: 'user0', grantId },
    ]);
  });

  it('given what is no token, when it is revoked, then it is 200 all the same', async () => {
    const { idToken, accessToken: access, refreshToken } = await tokens();
    const madeUp = `${String(refreshToken).slice(0, 23)}${'s'.repeat(64)}`;
    const ofNoGrant = newRefreshToken(newId()).token;
    const forged = `${String(access).slice(0, -4)}AAAA`;

    const answers = await Promise.all(
      [idToken, madeUp, ofNoGrant, forged, 'x', '.', 'a.b.c', 's'.repeat(43), '\0', 'é'.repeat(1_000)].map((each) =>
        revoke(each),
      ),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await statusOf(access)).toBe(200);
    expect((await refresh(service, refreshToken)).status).toBe(200);
  });

  it.each<[which: string, fields: Fields, headers: HeadersInit, status: number, reason: string]>([
    ['no token', { token: undefined }, {}, 400, 'token_required'],
    ['an empty token', { token: '' }, {}, 400, 'token_required'],
    ['no client', { client_id: undefined }, {}, 401, 'client_authentication_failed'],
    ['an unknown client', { client_id: 'nobody' }, {}, 401, 'client_authentication_failed'],
    ['a confidential client without its secret', { client_id: 'demo-client' }, {}, 401, 'client_authentication_failed'],
    ['a wrong secret', { client_id: undefined }, basic('demo-client', 'wrong'), 401, 'client_authentication_failed'],
    ['two ways to authenticate', { client_secret: 's' }, basic('a', 'b'), 400, 'client_authentication_repeated'],
  ])('given %s, when a token is to be revoked, then it is refused', async (_which, fields, headers, status, reason) => {
    const response = await revoke('a token', fields, headers);

    expect(response.status).toBe(status);
    expect(response.body).toMatchObject({ reason });
  });

  it('given a parameter twice, or a body that is no form, when it is sent, then it is refused', async () => {
    const repeated = await fetch(`${service.url}/revoke`, {
      method: 'POST',
      body: new URLSearchParams('client_id=demo-spa&token=a&token=b'),
    });
    const json = await fetch(`${service.url}/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"token":"a"}',
    });

    expect([repeated.status, json.status]).toEqual([400, 415]);
    expect(await repeated.json()).toMatchObject({ reason: 'parameter_repeated' });
  });
});

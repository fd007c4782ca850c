import { beforeAll, describe, expect, it } from '@jest/globals';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { admin, adminToken } from '../support/operations/admin';
import { registerAs, blocksOf, runModule, secretOf } from '../support/docs/client-guide';
import { askWith, codeFor, loggedIn, locationOf } from '../support/clients/pkce-login';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { emptyStore, storesUnderTest } from '../support/stores/stores';

const app = 'http://127.0.0.1:49160';

/** What a module of docs/clients.md exports. `Login` is what it keeps until the browser is back. */
interface ClientModule<Login, Logout> {
  begin(redirectUri?: string): Promise<{ url: URL; login: Login }>;
  finish(url: URL, login: Login): Promise<oauth.TokenEndpointResponse>;
  refresh(refreshToken: string | undefined): Promise<oauth.TokenEndpointResponse>;
  logout(token: string | undefined): Logout;
}

/** Both refuse plain http unless they are told, also on loopback; a deployment has https. */
const insecure = {
  'openid-client': {
    ...client,
    discovery: (...[issuer, id, metadata, authentication]: Parameters<typeof client.discovery>) =>
      client.discovery(issuer, id, metadata, authentication, { execute: [client.allowInsecureRequests] }),
  },
  oauth4webapi: Object.fromEntries(
    Object.entries(oauth).map(([name, member]) => {
      if (!name.endsWith('Request')) return [name, member];
      const request = member as (...given: unknown[]) => unknown;
      return [name, (...given: unknown[]) => request(...given, { [oauth.allowInsecureRequests]: true })];
    }),
  ),
};

describe.each(storesUnderTest)('the client libraries of docs/clients.md on %s', (storeName) => {
  const store = fixture(() => emptyStore(storeName));
  let secret: string;
  /** The private key of the client of high value, as a JWK. */
  let key: string;

  beforeAll(async () => {
    secret = secretOf(await registerAs('openid-client', store, { app }));
    const pair = await jose.generateKeyPair('ES256', { extractable: true });
    const keys = { keys: [{ ...(await jose.exportJWK(pair.publicKey)), kid: 'one' }] };
    key = JSON.stringify({ ...(await jose.exportJWK(pair.privateKey)), kid: 'one' });
    await registerAs('openid-client with FAPI 2.0', store, { app, files: { 'jwks.json': JSON.stringify(keys) } });
    await registerAs('oauth4webapi', store, { app });
  });
  const service = fixture(() => startServiceOn(store, { ADMIN_TOKEN: adminToken }));
  const browser = fixtureOfEach(() => loggedIn(service));

  /** The module under the heading, of the first blocks there. */
  function moduleOf<Login, Logout, More = unknown>(
    heading: string,
    blocks = 1,
  ): Promise<ClientModule<Login, Logout> & More> {
    const substitutes = { issuer: service.url, app, env: { TESSERA_SECRET: secret, TESSERA_KEY: key } };
    const block = blocksOf(heading, 'js', substitutes).slice(0, blocks).join('');
    return runModule(block, { ...insecure, jose }, substitutes);
  }

  async function locationAfter(url: URL): Promise<URL> {
    const response = await browser.fetch(url.pathname + url.search);
    return locationOf(response, service);
  }

  it('given openid-client, when it is set up as the page says, then it logs in, refreshes and logs out', async () => {
    const module = await moduleOf<object, URL>('openid-client');

    const { url, login } = await module.begin();
    const tokens = await module.finish(await locationAfter(url), login);
    const refreshed = await module.refresh(tokens.refresh_token);
    const back = await locationAfter(module.logout(tokens.id_token));
    const again = await locationAfter((await module.begin()).url);

    expect(tokens.scope).toBe('openid profile offline_access');
    expect((await askWith(service, refreshed.access_token)).status).toBe(200);
    expect(back.href).toBe(`${app}/`);
    expect(again.pathname).toBe('/login');
  });

  it('given oauth4webapi, when it is set up as the page says, then it logs in, refreshes and logs out', async () => {
    const module = await moduleOf<object, Promise<undefined>>('oauth4webapi');

    const { url, login } = await module.begin('http://127.0.0.1:49161/callback');
    const tokens = await module.finish(await locationAfter(url), login);
    const refreshed = await module.refresh(tokens.refresh_token);
    const before = await askWith(service, refreshed.access_token);
    await module.logout(refreshed.refresh_token);
    const after = await askWith(service, refreshed.access_token);

    expect([before.status, after.status]).toEqual([200, 401]);
    await expect(module.refresh(refreshed.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it.each([false, true])(
    'given openid-client with FAPI 2.0, when it is set up as the page says, then it logs in, refreshes and logs out; a nonce is wanted in proofs: %s',
    async (isNonceRequired) => {
      await admin(service, 'PATCH', '/clients/my-bank', { dpop_nonce_required: isNonceRequired });
      const refusals = () => service.log.filter((line) => line.includes('use_dpop_nonce')).length;
      const refusedBefore = refusals();
      const module = await moduleOf<object, Promise<void>, { call(token: string, url: string): Promise<Response> }>(
        'openid-client with FAPI 2.0',
      );

      const { url, login } = await module.begin();
      const tokens = await module.finish(await locationAfter(url), login);
      const refreshed = await module.refresh(tokens.refresh_token);
      const asked = await module.call(refreshed.access_token, `${service.url}/userinfo`);
      const stolen = await askWith(service, refreshed.access_token);
      await module.logout(tokens.refresh_token);

      expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
      expect([tokens.token_type, refreshed.refresh_token ?? tokens.refresh_token]).toEqual([
        'dpop',
        tokens.refresh_token,
      ]);
      expect([asked.status, stolen.status]).toEqual([200, 401]);
      await expect(module.refresh(tokens.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
      expect(refusals() > refusedBefore).toBe(isNonceRequired);
    },
  );

  it('given oauth4webapi with a key of its own, when it logs in, then its tokens are worth nothing without the key', async () => {
    const { DPoP } = await moduleOf<object, unknown, { DPoP: oauth.DPoPHandle }>('oauth4webapi', 2);
    const options = { DPoP, [oauth.allowInsecureRequests]: true };
    const issuer = new URL(service.url);
    const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
    const registered: oauth.Client = { client_id: 'my-cli' };
    const callback = 'http://127.0.0.1:49162/callback';
    const code = await codeFor(service, browser, {
      client_id: 'my-cli',
      redirect_uri: callback,
      scope: 'openid offline_access',
    });

    const back = new URLSearchParams({ code: code.code, state: code.state, iss: service.url });
    const parameters = oauth.validateAuthResponse(server, registered, back, code.state);
    const none = oauth.None();
    const tokens = await oauth.processAuthorizationCodeResponse(
      server,
      registered,
      await oauth.authorizationCodeGrantRequest(server, registered, none, parameters, callback, code.verifier, options),
    );
    const refreshed = await oauth.processRefreshTokenResponse(
      server,
      registered,
      await oauth.refreshTokenGrantRequest(server, registered, none, tokens.refresh_token ?? '', options),
    );
    const me = new URL(`${service.url}/api/me`);
    const asked = await oauth.protectedResourceRequest(refreshed.access_token, 'GET', me, undefined, null, options);
    const stolen = await askWith(service, refreshed.access_token);
    const withoutKey = oauth.refreshTokenGrantRequest(server, registered, none, refreshed.refresh_token ?? '', {
      [oauth.allowInsecureRequests]: true,
    });

    expect([tokens.token_type, asked.status, stolen.status]).toEqual(['dpop', 200, 401]);
    expect((await withoutKey).status).toBe(400);
  });
});

import { describe, expect, it } from '@jest/globals';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { type SigningAlgorithm, signingAlgorithms } from '../../src/platform/settings';
import { loggedIn, redirectUri } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const secret = 'demo-secret';
const scope = 'openid profile offline_access';
const cases = storesUnderTest.flatMap((store) => signingAlgorithms.map((algorithm) => [store, algorithm] as const));

describe.each(cases)('client libraries on %s with %s', (store, algorithm: SigningAlgorithm) => {
  const service = fixture(() => startService(store, { SIGNING_ALG: algorithm }));
  const browser = fixture(() => loggedIn(service));

  /** Where the browser lands when it follows the authorization URL. */
  async function callbackOf(authorizationUrl: URL): Promise<URL> {
    const response = await browser.fetch(authorizationUrl.pathname + authorizationUrl.search);
    return new URL(response.headers.get('location') ?? '');
  }

  /** A login of the client as far as the URL with which the browser comes back, and what then completes it. */
  async function begunByOpenidClient(
    clientId: string,
    authentication: client.ClientAuth,
    more: Readonly<Record<string, string>> = {},
  ) {
    const metadata = { id_token_signed_response_alg: algorithm };
    const config = await client.discovery(new URL(service.url), clientId, metadata, authentication, {
      execute: [client.allowInsecureRequests],
    });
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const expectedState = client.randomState();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      ...more,
    });
    return { config, callback: await callbackOf(url), checks: { pkceCodeVerifier, expectedState } };
  }

  describe('openid-client', () => {
    it.each([
      ['a public client', 'demo-spa', client.None()],
      ['client_secret_basic', 'demo-client', client.ClientSecretBasic(secret)],
      ['client_secret_post', 'demo-client', client.ClientSecretPost(secret)],
    ])(
      'given %s, when it logs in, then it has what it validated, its claims and a rotation',
      async (_case, clientId, authentication) => {
        const expectedNonce = client.randomNonce();
        const asked = { nonce: expectedNonce, max_age: '3600' };
        const { config, callback, checks } = await begunByOpenidClient(clientId, authentication, asked);

        const all = { ...checks, expectedNonce, maxAge: 3_600, idTokenExpected: true };
        const tokens = await client.authorizationCodeGrant(config, callback, all);
        const userinfo = await client.fetchUserInfo(config, tokens.access_token, 'user0');
        const rotated = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
        const api = new URL(`${service.url}/api/me`);
        const me = await client.fetchProtectedResource(config, rotated.access_token, api, 'GET');

        expect(tokens.claims()).toMatchObject({ sub: 'user0', iss: service.url, aud: clientId, nonce: expectedNonce });
        expect(userinfo.sub).toBe('user0');
        expect(rotated.refresh_token).not.toBe(tokens.refresh_token);
        expect(await me.json()).toMatchObject({ sub: 'user0', client_id: clientId, model: 'pkce' });
      },
    );

    it('given an answer whose issuer was swapped, when the client reads it, then it refuses it', async () => {
      const { config, callback, checks } = await begunByOpenidClient('demo-spa', client.None());
      callback.searchParams.set('iss', 'https://evil.example');

      const grant = client.authorizationCodeGrant(config, callback, checks);

      await expect(grant).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' });
    });
  });

  describe('oauth4webapi', () => {
    const options = { [oauth.allowInsecureRequests]: true };

    /** A login of the client as far as its code, which `redeem` spends. */
    async function begun(
      clientId: string,
      authentication: oauth.ClientAuth,
      discovery: 'oidc' | 'oauth2' = 'oidc',
      more: Readonly<Record<string, string>> = {},
    ) {
      const issuer = new URL(service.url);
      const discovered = await oauth.discoveryRequest(issuer, { algorithm: discovery, ...options });
      const server = await oauth.processDiscoveryResponse(issuer, discovered);
      const registered: oauth.Client = { client_id: clientId, id_token_signed_response_alg: algorithm };
      const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
      const url = new URL(server.authorization_endpoint ?? '');
      url.search = new URLSearchParams({
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        ...more,
      }).toString();
      const parameters = oauth.validateAuthResponse(server, registered, await callbackOf(url), state);
      const redeem = async (expected?: oauth.ProcessAuthorizationCodeResponseOptions) =>
        oauth.processAuthorizationCodeResponse(
          server,
          registered,
          await oauth.authorizationCodeGrantRequest(
            server,
            registered,
            authentication,
            parameters,
            redirectUri,
            verifier,
            options,
          ),
          expected,
        );
      return { server, registered, redeem };
    }

    it.each([
      ['oidc', 'demo-spa', oauth.None()],
      ['oauth2', 'demo-spa', oauth.None()],
      ['oidc', 'demo-client', oauth.ClientSecretBasic(secret)],
      ['oauth2', 'demo-client', oauth.ClientSecretPost(secret)],
    ] as const)(
      'given %s discovery and %s, when it logs in, then every answer passes its checks',
      async (discovery, clientId, authentication) => {
        const nonce = oauth.generateRandomNonce();
        const { server, registered, redeem } = await begun(clientId, authentication, discovery, { scope, nonce });

        const tokens = await redeem({ expectedNonce: nonce, requireIdToken: true });
        const claims = oauth.getValidatedIdTokenClaims(tokens);
        const userinfoResponse = await oauth.userInfoRequest(server, registered, tokens.access_token, options);
        const userinfo = await oauth.processUserInfoResponse(server, registered, claims?.sub ?? '', userinfoResponse);
        const { refresh_token: token = '' } = tokens;
        const refreshed = await oauth.refreshTokenGrantRequest(server, registered, authentication, token, options);
        const rotated = await oauth.processRefreshTokenResponse(server, registered, refreshed);
        const request = new Request(`${service.url}/api/me`, {
          headers: { authorization: `Bearer ${rotated.access_token}` },
        });
        const accessToken = await oauth.validateJwtAccessToken(server, request, service.url, options);

        expect(claims).toMatchObject({ sub: 'user0', aud: clientId, nonce });
        expect(userinfo.sub).toBe('user0');
        expect(accessToken).toMatchObject({ sub: 'user0', client_id: clientId, scope });
      },
    );

    it('given a spent code, when it is redeemed again, then the library reads invalid_grant', async () => {
      const { redeem } = await begun('demo-spa', oauth.None());
      await redeem();

      await expect(redeem()).rejects.toMatchObject({
        error: 'invalid_grant',
        error_description: 'Authorization code already used',
      });
    });
  });
});

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

  describe('openid-client', () => {
    it.each([
      ['a public client', 'demo-spa', client.None()],
      ['client_secret_basic', 'demo-client', client.ClientSecretBasic(secret)],
      ['client_secret_post', 'demo-client', client.ClientSecretPost(secret)],
    ])(
      'given %s, when it logs in, then it has what it validated, its claims and a rotation',
      async (_case, clientId, authentication) => {
        const metadata = { id_token_signed_response_alg: algorithm };
        const config = await client.discovery(new URL(service.url), clientId, metadata, authentication, {
          execute: [client.allowInsecureRequests],
        });
        const pkceCodeVerifier = client.randomPKCECodeVerifier();
        const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
        const url = client.buildAuthorizationUrl(config, {
          redirect_uri: redirectUri,
          scope,
          code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
          code_challenge_method: 'S256',
          state: expectedState,
          nonce: expectedNonce,
          max_age: '3600',
        });

        const checks = { pkceCodeVerifier, expectedState, expectedNonce, maxAge: 3_600, idTokenExpected: true };
        const tokens = await client.authorizationCodeGrant(config, await callbackOf(url), checks);
        const userinfo = await client.fetchUserInfo(config, tokens.access_token, 'user0');
        const rotated = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
        const me = await client.fetchProtectedResource(
          config,
          rotated.access_token,
          new URL(`${service.url}/api/me`),
          'GET',
        );

        expect(tokens.claims()).toMatchObject({ sub: 'user0', iss: service.url, aud: clientId, nonce: expectedNonce });
        expect(userinfo.sub).toBe('user0');
        expect(rotated.refresh_token).not.toBe(tokens.refresh_token);
        expect(await me.json()).toMatchObject({ sub: 'user0', client_id: clientId, model: 'pkce' });
      },
    );

    it('given an answer whose issuer was swapped, when the client reads it, then it refuses it', async () => {
      const config = await client.discovery(new URL(service.url), 'demo-spa', undefined, client.None(), {
        execute: [client.allowInsecureRequests],
      });
      const pkceCodeVerifier = client.randomPKCECodeVerifier();
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid',
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: 'state',
      });
      const callback = await callbackOf(url);
      callback.searchParams.set('iss', 'https://evil.example');

      const grant = client.authorizationCodeGrant(config, callback, { pkceCodeVerifier, expectedState: 'state' });

      await expect(grant).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' });
    });
  });

  describe('oauth4webapi', () => {
    const options = { [oauth.allowInsecureRequests]: true };

    it.each([
      ['oidc', 'demo-spa', oauth.None()],
      ['oauth2', 'demo-spa', oauth.None()],
      ['oidc', 'demo-client', oauth.ClientSecretBasic(secret)],
      ['oauth2', 'demo-client', oauth.ClientSecretPost(secret)],
    ] as const)(
      'given %s discovery and %s, when it logs in, then every answer passes its checks',
      async (discovery, clientId, authentication) => {
        const issuer = new URL(service.url);
        const discovered = await oauth.discoveryRequest(issuer, { algorithm: discovery, ...options });
        const server = await oauth.processDiscoveryResponse(issuer, discovered);
        const registered: oauth.Client = { client_id: clientId, id_token_signed_response_alg: algorithm };
        const [verifier, state, nonce] = [
          oauth.generateRandomCodeVerifier(),
          oauth.generateRandomState(),
          oauth.generateRandomNonce(),
        ];
        const url = new URL(server.authorization_endpoint ?? '');
        url.search = new URLSearchParams({
          client_id: clientId,
          redirect_uri: redirectUri,
          response_type: 'code',
          scope,
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
          state,
          nonce,
        }).toString();

        const parameters = oauth.validateAuthResponse(server, registered, await callbackOf(url), state);
        const answered = await oauth.authorizationCodeGrantRequest(
          server,
          registered,
          authentication,
          parameters,
          redirectUri,
          verifier,
          options,
        );
        const tokens = await oauth.processAuthorizationCodeResponse(server, registered, answered, {
          expectedNonce: nonce,
          requireIdToken: true,
        });
        const claims = oauth.getValidatedIdTokenClaims(tokens);
        const userinfoResponse = await oauth.userInfoRequest(server, registered, tokens.access_token, options);
        const userinfo = await oauth.processUserInfoResponse(server, registered, claims?.sub ?? '', userinfoResponse);
        const refreshed = await oauth.refreshTokenGrantRequest(
          server,
          registered,
          authentication,
          tokens.refresh_token ?? '',
          options,
        );
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
      const issuer = new URL(service.url);
      const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
      const registered: oauth.Client = { client_id: 'demo-spa' };
      const verifier = oauth.generateRandomCodeVerifier();
      const url = new URL(server.authorization_endpoint ?? '');
      url.search = new URLSearchParams({
        client_id: 'demo-spa',
        redirect_uri: redirectUri,
        response_type: 'code',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state: 'state',
      }).toString();
      const parameters = oauth.validateAuthResponse(server, registered, await callbackOf(url), 'state');
      const redeem = async () => {
        const response = await oauth.authorizationCodeGrantRequest(
          server,
          registered,
          oauth.None(),
          parameters,
          redirectUri,
          verifier,
          options,
        );
        return oauth.processAuthorizationCodeResponse(server, registered, response);
      };
      await redeem();

      await expect(redeem()).rejects.toMatchObject({
        error: 'invalid_grant',
        error_description: 'Authorization code already used',
      });
    });
  });
});

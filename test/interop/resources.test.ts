import { beforeAll, describe, expect, it } from '@jest/globals';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { admin, adminToken } from '../support/operations/admin';
import { hiddenFields } from '../support/clients/browser-session';
import { loggedIn, redirectUri } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const notes = 'https://notes.example/v1';
const files = 'https://files.example';
const insecure = { execute: [client.allowInsecureRequests] };

/** A team with two APIs, as an administrator registers them, and its applications, as their libraries speak. */
describe.each(storesUnderTest)('APIs with client libraries on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  const browser = fixture(() => loggedIn(service));
  beforeAll(async () => {
    await register('/apis', {
      identifier: notes,
      name: 'Notes',
      scopes: [
        { name: 'notes:read', description: 'Read your notes' },
        { name: 'notes:write', description: 'Write notes' },
      ],
      access_token_lifetime: 120,
    });
    await register('/apis', {
      identifier: files,
      name: 'Files',
      scopes: [{ name: 'files:read', description: 'Read your files' }],
    });
  });

  async function register(path: string, record: object): Promise<Record<string, unknown>> {
    const { status, body } = await admin(service, 'POST', path, record);
    if (status !== 201) throw new Error(`not registered: ${JSON.stringify(body)}`);
    return body;
  }

  /** A client of the team's, configured by what discovery says. */
  async function configure(record: object): Promise<client.Configuration> {
    const registered = await register('/clients', {
      redirect_uris: [redirectUri],
      scope: 'openid profile email offline_access notes:read notes:write files:read',
      ...record,
    });
    const secret = registered['client_secret'];
    const authentication = secret === undefined ? client.None() : client.ClientSecretBasic(String(secret));
    return client.discovery(
      new URL(service.url),
      String(registered['client_id']),
      { id_token_signed_response_alg: 'RS256' },
      authentication,
      insecure,
    );
  }

  /** Goes where the application sends the browser, and allows what a page asks for. */
  async function callbackOf({ pathname, search }: URL): Promise<{ callback: URL; page: string | undefined }> {
    const answer = await browser.fetch(pathname + search);
    const page = answer.status === 200 ? await answer.text() : undefined;
    const allow = { ...hiddenFields(page ?? ''), decision: 'allow' };
    const { headers } = page === undefined ? answer : await browser.postForm('/consent', allow);
    return { callback: new URL(headers.get('location') ?? ''), page };
  }

  /** Asks for this, with PKCE. */
  async function begin(config: client.Configuration, asked: URLSearchParams) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    asked.set('code_challenge', await client.calculatePKCECodeChallenge(pkceCodeVerifier));
    asked.set('code_challenge_method', 'S256');
    return { pkceCodeVerifier, ...(await callbackOf(client.buildAuthorizationUrl(config, asked))) };
  }

  async function logIn(config: client.Configuration, scope: string, resources: readonly string[], token = {}) {
    const expectedState = client.randomState();
    const asked = new URLSearchParams({ redirect_uri: redirectUri, scope, state: expectedState });
    for (const resource of resources) asked.append('resource', resource);
    const { callback, page, pkceCodeVerifier } = await begin(config, asked);
    const tokens = await client.authorizationCodeGrant(config, callback, { pkceCodeVerifier, expectedState }, token);
    return { tokens, page };
  }

  /** What the API makes of a token: its claims, or that it refuses it. */
  async function claimsAt(api: string, accessToken: string): Promise<oauth.JWTAccessTokenClaims | 'refused'> {
    const issuer = new URL(service.url);
    const options = { [oauth.allowInsecureRequests]: true };
    const discovered = await oauth.discoveryRequest(issuer, options);
    const server = await oauth.processDiscoveryResponse(issuer, discovered);
    const request = new Request(api, { headers: { authorization: `Bearer ${accessToken}` } });
    return oauth.validateJwtAccessToken(server, request, api, options).catch(() => 'refused' as const);
  }

  it('given a single-page application with a default API, when it logs in, then its token is good there and at /userinfo, and at no other', async () => {
    const config = await configure({
      token_endpoint_auth_method: 'none',
      first_party: true,
      default_resource: notes,
      id_token_claims: true,
    });

    const { tokens } = await logIn(config, 'openid profile notes:read unheard-of', []);

    expect([tokens.scope, tokens.expires_in]).toEqual(['openid profile notes:read', 120]);
    expect(tokens.claims()).toMatchObject({ sub: 'user0', preferred_username: 'user0' });
    expect(await client.fetchUserInfo(config, tokens.access_token, 'user0')).toMatchObject({ sub: 'user0' });
    expect(await claimsAt(notes, tokens.access_token)).toMatchObject({ sub: 'user0', aud: [notes, service.url] });
    expect(await claimsAt(files, tokens.access_token)).toBe('refused');
  });

  it('given a web application of another company, when it asks for both APIs, then the page says so, and each token is for one', async () => {
    const config = await configure({ client_name: 'Elsewhere' });

    const { tokens, page } = await logIn(config, 'openid offline_access notes:read files:read', [notes, files]);
    const ofFiles = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource: files });
    const here = client.refreshTokenGrant(config, ofFiles.refresh_token ?? '', { resource: service.url });

    await expect(here).rejects.toMatchObject({ error: 'invalid_target' });
    expect(page).toContain('Read your notes');
    expect(page).toContain('Read your files');
    expect(page).not.toContain('Write notes');
    expect([tokens.scope, ofFiles.scope]).toEqual(['notes:read', 'files:read']);
    expect(tokens.claims()?.sub).toBe('user0');
    const accepted = await Promise.all(
      [tokens, ofFiles].flatMap(({ access_token }) => [notes, files].map((api) => claimsAt(api, access_token))),
    );
    expect(accepted.map((claims) => claims !== 'refused')).toEqual([true, false, false, true]);
    await expect(client.fetchUserInfo(config, tokens.access_token, 'user0')).rejects.toBeInstanceOf(Error);
  });

  it('given a token request that names one of two APIs, or one that was not authorized, when it is sent, then that one has it, or nobody', async () => {
    const config = await configure({ token_endpoint_auth_method: 'none', first_party: true });
    const scope = 'openid notes:write files:read';

    const { tokens } = await logIn(config, scope, [notes, files], { resource: `${files}/` });
    const other = logIn(config, scope, [notes], { resource: files });

    await expect(other).rejects.toMatchObject({ error: 'invalid_target' });
    expect(tokens.scope).toBe('files:read');
    expect(await claimsAt(files, tokens.access_token)).toMatchObject({ aud: files, scope: 'files:read' });
  });

  it('given an API that nobody registered, when it is asked for, then the library is told invalid_target at the redirect', async () => {
    const config = await configure({ token_endpoint_auth_method: 'none', first_party: true });

    const login = logIn(config, 'openid', ['https://notes.example/v2']);

    await expect(login).rejects.toMatchObject({ error: 'invalid_target' });
  });

  it('given a client that need not send a state, when its library sends none, then it logs in', async () => {
    const config = await configure({ token_endpoint_auth_method: 'none', first_party: true, require_state: false });
    const asked = { redirect_uri: 'http://127.0.0.1:51234/callback', scope: 'openid email' };

    const { callback, pkceCodeVerifier } = await begin(config, new URLSearchParams(asked));
    const tokens = await client.authorizationCodeGrant(config, callback, { pkceCodeVerifier });

    expect(callback.port).toBe('51234');
    expect(tokens.scope).toBe('openid email');
  });
});

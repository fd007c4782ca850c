import { describe, expect, it } from '@jest/globals';
import { hashSecret } from '../../../src/domain/credentials/secret.ts';
import { registerApi, registerClient } from '../../../test/support/clients/registered.ts';
import { askWith } from '../../../test/support/clients/pkce-login.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { storesUnderTest } from '../../../test/support/stores/stores.ts';
import { type Browser, type ClientOptions, dpop, memoryKeys, type WebCrypto } from '../src/index.ts';
import { secureStorage } from '../src/secure-storage.ts';
import { caught } from './support/caught.ts';
import { clientOf } from './support/client.ts';
import { endUser } from './support/end-user.ts';
import { recordingFetch } from './support/recording-fetch.ts';
import { secureStore, storageOver } from './support/storages.ts';

describe.each(storesUnderTest)('a login on %s', (store) => {
  const service = fixture(() => startService(store));
  const follow = endUser(service);

  /** That of the end-user, who looks at no form here. */
  const browser: Browser = (url, { form }) => (form === undefined ? follow(url) : undefined);
  const newClient = (options: Partial<ClientOptions> = {}) =>
    clientOf(service, { scope: 'openid profile offline_access', browser, ...options });

  it.each([
    ['in the URL', {}],
    ['that is pushed', { pushed: true }],
    ['bound to a key', { dpop: dpop() }],
    ['that is pushed and bound to a key', { pushed: true, dpop: dpop() }],
  ])('given a request %s, when it logs in, refreshes and logs out, then each succeeds', async (_, options) => {
    const client = newClient(options);

    const finished = await client.login({ data: '/where-I-was' });
    const claims = await client.userinfo();
    const me = await client.fetch(`${service.url}/api/me`);
    const fresh = await client.refresh();
    const again = await client.fetch(new URL('/api/me', service.url));
    const { url, form } = await client.logout({ state: 'goodbye' });
    const afterwards = await askWith(service, fresh.accessToken);

    expect(finished).toMatchObject({ data: '/where-I-was', tokens: { claims: { iss: service.url, sub: 'user0' } } });
    expect(finished?.tokens.tokenType).toBe('dpop' in options ? 'DPoP' : 'Bearer');
    expect(claims).toMatchObject({ sub: 'user0', preferred_username: 'user0' });
    expect([me.status, again.status]).toEqual([200, 200]);
    expect(fresh.refreshToken).not.toBe(finished?.tokens.refreshToken);
    expect(afterwards.status).toBe(401);
    expect(await client.tokens()).toBeUndefined();
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({ client_id: 'demo-spa', state: 'goodbye' });
    expect(form).toMatchObject({ client_id: 'demo-spa', id_token_hint: fresh.idToken ?? finished?.tokens.idToken });
  });

  it('given a scope without openid, when somebody logs in, then no nonce is sent and no ID token is asked for', async () => {
    const client = newClient({ scope: 'profile' });

    const url = await client.begin();
    const { tokens } = await client.finish(await follow(url));

    expect([...new URL(url).searchParams.keys()].toSorted()).toEqual([
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
    ]);
    expect(tokens).toMatchObject({ scope: ['profile'] });
    expect(tokens).not.toHaveProperty('idToken', expect.anything());
  });

  it('given a client that must send the server’s nonce, when it logs in, then its proofs are sent again with it', async () => {
    const { clientId } = await registerClient(service, { dpopBoundAccessTokens: true, dpopNonceRequired: true });
    const client = newClient({ clientId, dpop: dpop(), pushed: true });

    await client.login();
    const me = await client.fetch(`${service.url}/api/me`);

    expect(me.status).toBe(200);
    expect(await client.refresh()).toMatchObject({ tokenType: 'DPoP' });
  });

  it('given a confidential client, when it logs in, then its secret goes in the header alone', async () => {
    const { clientId } = await registerClient(service, {
      authentication: 'client_secret',
      secrets: [{ hash: hashSecret('a secret/with+signs') }],
    });
    const { fetch, posted } = recordingFetch();
    const client = newClient({ clientId, clientSecret: 'a secret/with+signs', fetch });

    const finished = await client.login();

    expect(finished?.tokens.claims?.sub).toBe('user0');
    expect(JSON.stringify(posted)).not.toContain('a secret');
  });

  it.each([-7_200, -30, 30, 7_200])(
    'given a clock that is %i seconds off, when it logs in with a key and refreshes, then both succeed',
    async (seconds) => {
      const now = () => Date.now() + seconds * 1_000;
      const client = newClient({ dpop: dpop({ now }), now });

      const finished = await client.login();
      const fresh = await client.refresh();
      const me = await client.fetch(`${service.url}/api/me`);

      expect(finished?.tokens.claims?.sub).toBe('user0');
      expect(fresh.accessToken).not.toBe(finished?.tokens.accessToken);
      expect(me.status).toBe(200);
    },
  );

  it('given tokens whose key is gone, when they are refreshed, then nobody is logged in any more, and a new login has another key', async () => {
    const keys = memoryKeys();
    const client = newClient({ dpop: dpop({ keys }) });
    await client.login();
    await keys.remove();

    const refreshed = client.refresh();

    await expect(refreshed).rejects.toMatchObject({
      reason: 'dpop_key_mismatch',
      advice: 'The key of these tokens is gone. Begin the login again.',
    });
    expect(await client.tokens()).toBeUndefined();
    expect((await client.login())?.tokens.tokenType).toBe('DPoP');
  });

  it('given what React Native hands in, when an app logs in, then its own crypto, storage and browser are used', async () => {
    const app = 'com.example.app:/callback';
    const { clientId } = await registerClient(service, { applicationType: 'native', redirectUris: [app] });
    const values = new Map<string, string>();
    const keychain = secureStorage(secureStore(values));
    const made: number[] = [];
    const own: WebCrypto = {
      subtle: crypto.subtle,
      getRandomValues: (bytes) => {
        made.push(bytes?.byteLength ?? 0);
        return crypto.getRandomValues(bytes);
      },
    };
    const opened: (string | undefined)[] = [];
    const client = newClient({
      clientId,
      redirectUri: app,
      crypto: own,
      tokens: keychain,
      logins: keychain,
      browser: (url, { redirectUri: back }) => {
        opened.push(back);
        return follow(url);
      },
    });

    const finished = await client.login();

    expect(finished?.tokens.claims?.sub).toBe('user0');
    expect(made).toEqual([32, 20, 20]);
    expect(opened).toEqual([app]);
    expect(new Set([...values.keys()].map((key) => key.split('.', 2).join('.')))).toEqual(
      new Set([`tessera.${clientId}@${service.url}`.replaceAll(/[@:/]/g, '_')]),
    );
  });

  it.each([
    ['no WebCrypto', { crypto: {} as WebCrypto }],
    ['no browser', { browser: undefined }],
    ['no redirect URI', { redirectUri: undefined }],
  ])('given %s, when it is to log in, then that is refused before anything is sent', async (_, options) => {
    const { fetch, posted } = recordingFetch();

    const error = await caught((async () => newClient({ fetch, ...options }).login())());

    expect(error.code).toBe('configuration_invalid');
    expect(posted).toEqual([]);
  });

  it('given an end-user who closes the browser of the app, when it logs in, then there is no login and no error', async () => {
    const client = newClient({ browser: () => undefined });

    expect(await client.login()).toBeUndefined();
    expect(await client.tokens()).toBeUndefined();
  });

  it('given an API, when the login asks for it, then the token is for it alone', async () => {
    const api = await registerApi(service);
    const { clientId } = await registerClient(service);
    const client = newClient({ clientId, resource: api.identifier, scope: 'notes:read offline_access' });

    const finished = await client.login();
    const fresh = await client.refresh();

    expect([finished?.tokens.scope, fresh.scope]).toEqual([['notes:read'], ['notes:read']]);
    expect(finished?.tokens.claims).toBeUndefined();
  });

  it('given a login that is under way, when it comes back, then verifier and state are gone and were in no URL', async () => {
    const values = new Map<string, string>();
    const client = newClient({ logins: storageOver(values) });

    const url = await client.begin();
    const [stored = ''] = values.values();
    const verifier = /"codeVerifier":"([\w-]{43})"/.exec(stored)?.[1] ?? 'none';
    await client.finish(await follow(url));

    expect(verifier).not.toBe('none');
    expect(url).not.toContain(verifier);
    expect([...values]).toEqual([]);
  });

  it('given a login that must be recent, when it comes back, then its ID token says when it was', async () => {
    const finished = await newClient().login({ parameters: { max_age: '3600' } });

    expect(finished?.tokens.claims?.['auth_time']).toEqual(expect.any(Number));
  });

  it('given a grant that was revoked, when it is refreshed, then the tokens are forgotten and the error says what to do', async () => {
    const client = newClient();
    const finished = await client.login();
    const revoked = { client_id: 'demo-spa', token: finished?.tokens.refreshToken ?? '' };
    await fetch(`${service.url}/revoke`, { method: 'POST', body: new URLSearchParams(revoked) });

    const error = await caught(client.refresh());
    const next = await caught(client.accessToken());

    expect(error).toMatchObject({ code: 'invalid_grant', reason: 'refresh_token_revoked', status: 400 });
    expect(error.advice).toBe('Begin the login again.');
    expect(next.code).toBe('tokens_missing');
  });
});

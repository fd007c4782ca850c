import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import type { Client } from '../../../../src/domain/clients/client.ts';
import { newId } from '../../../../src/domain/credentials/secret.ts';
import { BrowserSession } from '../../../../test/support/clients/browser-session.ts';
import { fixture, fixtureOfEach } from '../../../../test/support/run/fixture.ts';
import { loggedIn } from '../../../../test/support/clients/pkce-login.ts';
import { startService } from '../../../../test/support/service/service.ts';
import { dpop, type KeyStorage, memoryKeys, type TokenSet } from '../../src/index.ts';
import { type PrivateJwk, privateKeyJwt } from '../../src/private-key-jwt.ts';
import { createWebLogin, jwkKeys, type WebLoginOptions } from '../../src/web/express.ts';
import { recordingFetch } from '../support/recording-fetch.ts';
import { storageOver } from '../support/storages.ts';
import { runApplication, statusOf } from './applications.ts';

/** What the preset `fapi2` sets. Source: docs/clients.md, section openid-client with FAPI 2.0. */
const preset: Partial<Client> = {
  authentication: 'private_key_jwt',
  requirePushedAuthorizationRequests: true,
  dpopBoundAccessTokens: true,
  idTokenAlgorithm: 'ES256',
};

async function newKeys() {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const named = { kid: 'k1', alg: 'ES256' };
  return {
    private: { ...(await exportJWK(privateKey)), ...named } as PrivateJwk & { readonly d: string },
    public: { ...(await exportJWK(publicKey)), ...named },
  };
}

describe.each([
  ['of the preset fapi2', {}],
  ['whose proofs need a nonce', { dpopNonceRequired: true }],
])('a web application %s', (_, changes) => {
  let ahead: number;
  let keys: KeyStorage;
  const service = fixture(startService);
  const [key, dpopKey] = [fixture(newKeys), fixture(newKeys)];
  const { fetch, posted } = recordingFetch();
  const clientId = newId();
  beforeEach(() => {
    ahead = 0;
    keys = jwkKeys(dpopKey.private);
    posted.length = 0;
  });

  const options = (): Partial<WebLoginOptions> => ({
    authenticate: privateKeyJwt({ issuer: service.url, clientId, key: key.private }),
    dpop: dpop({ keys: { getOrAdd: (create) => keys.getOrAdd(create), remove: () => keys.remove() } }),
    pushed: true,
    fetch,
    now: () => Date.now() + ahead,
  });
  const app = fixtureOfEach(() =>
    runApplication(service, 'Express', options(), {
      ...preset,
      ...changes,
      clientId,
      jwks: { keys: [key.public] },
    }),
  );

  it('given a login, when pages are opened, then it has pushed its request, and shows a token that is bound to the key', async () => {
    const browser = new BrowserSession(app.origin);
    const request = (await browser.fetch('/auth/login')).headers.get('location') ?? '';
    const callback = (await (await loggedIn(service)).fetch(request)).headers.get('location') ?? '';
    await browser.fetch(callback);

    const notes = await browser.fetch('/notes');

    expect(Object.fromEntries(new URL(request).searchParams)).toEqual({
      client_id: clientId,
      request_uri: expect.stringMatching(/^urn:/),
    });
    expect(await notes.json()).toEqual({ of: 'user0', me: 200 });
    const [tokens] = sessionsIn(app.stored);
    expect(tokens?.tokenType).toBe('DPoP');
    expect(decodeJwt(tokens?.accessToken ?? '')).toHaveProperty('cnf.jkt');
    expect([...app.stored.values()].join()).not.toContain(dpopKey.private.d);
    const assertions = posted.map(({ fields }) => fields['client_assertion']);
    expect(new Set(posted.map(({ path }) => path))).toEqual(new Set(['/par', '/token']));
    expect(assertions).not.toContain(undefined);
    expect(new Set(assertions).size).toBe(assertions.length);
  });

  it('given an access token that has expired, when pages are opened at once, then it is refreshed, and the refresh token stays', async () => {
    const browser = await app.logIn();
    const [before] = sessionsIn(app.stored);
    ahead = 0.26 * 3_600_000;

    const pages = await Promise.all(Array.from({ length: 5 }, () => browser.fetch('/notes')));

    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const [after] = sessionsIn(app.stored);
    expect(after?.accessToken).not.toBe(before?.accessToken);
    expect(after?.refreshToken).toBe(before?.refreshToken);
  });

  it.each([
    ['of its configuration', () => jwkKeys(dpopKey.private)],
    ['of its process', () => memoryKeys()],
  ])(
    'given a key %s, when one of two browsers logs out, then its tokens are over, and the other goes on',
    async (_key, newKeyStorage) => {
      keys = newKeyStorage();
      const [one, other] = [await app.logIn(), await app.logIn()];

      await one.fetch('/auth/logout', { method: 'POST', headers: { origin: app.origin } });
      const notes = await other.fetch('/notes');

      expect([await statusOf(one), await notes.json()]).toEqual([401, { of: 'user0', me: 200 }]);
      expect(posted.at(-1)?.path).toBe('/revoke');
    },
  );

  it('given many browsers at once, when they log in, then all are served', async () => {
    const browsers = await Promise.all(Array.from({ length: 5 }, () => app.logIn()));
    const pages = await Promise.all(browsers.map((each) => each.fetch('/notes')));

    expect(await Promise.all(pages.map((each) => each.json()))).toEqual(browsers.map(() => ({ of: 'user0', me: 200 })));
  });

  it('given another process with the same store and key, when a browser comes to it, then it is served there', async () => {
    const browser = await app.logIn();
    const { origin, stored } = app;
    const there = createWebLogin({
      ...options(),
      issuer: service.url,
      clientId,
      origin,
      sessions: storageOver(stored),
    });
    const cookie = `tessera-session=${browser.cookie('tessera-session')}`;

    const session = await there.session(new Request(origin, { headers: { cookie } }));
    const response = await session?.fetch(`${service.url}/api/me`);

    expect(response?.status).toBe(200);
  });
});

describe('the key of an application', () => {
  it.each([
    ['a public key', async () => (await newKeys()).public],
    ['a key of RSA', async () => exportJWK((await generateKeyPair('RS256', { extractable: true })).privateKey)],
    ['another curve', async () => exportJWK((await generateKeyPair('ES384', { extractable: true })).privateKey)],
  ])('given %s, when it is to sign proofs, then it is refused at once', async (_, keyOf) => {
    const jwk = (await keyOf()) as PrivateJwk;

    expect(() => jwkKeys(jwk)).toThrow(TypeError);
  });
});

/** The tokens of the sessions, in the order of their logins. */
const sessionsIn = (stored: ReadonlyMap<string, string>) =>
  [...stored].flatMap(([key, value]) =>
    key.startsWith('session.') ? [JSON.parse(value.slice(value.indexOf('{'))) as TokenSet] : [],
  );

import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt, generateKeyPair, SignJWT } from 'jose';
import { ClientStore } from '../../src/domain/clients/client-store';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { RelyingParty } from '../support/clients/relying-party';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const back = 'http://127.0.0.1/post_logout_redirect';

/**
 * The modules of the plan `oidcc-rp-initiated-logout-certification-test-plan` of the OpenID conformance suite, each test
 * beginning with the name of its module. Source: OpenID conformance suite, OIDCCRpInitiatedLogoutTestPlan.java.
 */
describe.each(storesUnderTest)('oidcc-rp-initiated-logout on %s', (store) => {
  let hint: string;

  const service = fixture(() => startService(store));
  beforeAll(async () => {
    const clients = service.app.get(ClientStore);
    const client = await clients.find('demo-client');
    if (client === undefined) throw new Error('no demo-client');
    await clients.save({ ...client, postLogoutRedirectUris: [back] });
  });
  const browser = fixtureOfEach(() => new BrowserSession(service.url));
  const party = fixtureOfEach(() => new RelyingParty(service, browser));
  beforeEach(async () => {
    hint = String((await party.tokens()).body['id_token']);
  });

  const logout = (query: Readonly<Record<string, string>>) => browser.fetch(`/logout?${new URLSearchParams(query)}`);

  async function isSignedIn(): Promise<boolean> {
    return (await party.logIn({ prompt: 'none' })).callback.has('code');
  }

  it('oidcc-rp-initiated-logout-discovery-endpoint-verification: given the metadata, when it is read, then it names the endpoint', async () => {
    const metadata = (await (await fetch(`${service.url}/.well-known/openid-configuration`)).json()) as object;

    expect(metadata).toMatchObject({ end_session_endpoint: `${service.url}/logout` });
  });

  it.each([
    ['oidcc-rp-initiated-logout', { post_logout_redirect_uri: back, state: 'a state' }, `${back}?state=a%20state`],
    ['oidcc-rp-initiated-logout-no-state', { post_logout_redirect_uri: back }, back],
  ])(
    '%s: given an ID token, when it is asked for, then nobody is signed in any more, and the browser comes back',
    async (_, query, to) => {
      const { status, headers } = await logout({ id_token_hint: hint, ...query });

      expect([status, headers.get('location')]).toEqual([303, to]);
      expect(await isSignedIn()).toBe(false);
    },
  );

  it('oidcc-rp-initiated-logout-no-post-logout-redirect-uri: given nowhere to go, when it is asked for, then a page says that it is done', async () => {
    const { status, headers } = await logout({ id_token_hint: hint, state: 'a state' });

    expect([status, headers.has('location')]).toEqual([200, false]);
    expect(await isSignedIn()).toBe(false);
  });

  it.each([
    ['oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', 'https://rp.example/not-registered'],
    ['oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', `${back}?foo=bar`],
  ])('%s: given %s, when it is asked for, then it is an error page', async (_, uri) => {
    const { status, headers } = await logout({ id_token_hint: hint, post_logout_redirect_uri: uri, state: 'a state' });

    expect([status, headers.has('location')]).toEqual([400, false]);
  });

  it.each([
    [
      'oidcc-rp-initiated-logout-modified-id-token-hint',
      'made alg:none',
      () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${hint.split('.')[1]}.`,
    ],
    [
      'oidcc-rp-initiated-logout-bad-id-token-hint',
      'that somebody else signed',
      async () => {
        const { privateKey } = await generateKeyPair('RS256');
        return new SignJWT(decodeJwt(hint)).setProtectedHeader({ alg: 'RS256', typ: 'JWT' }).sign(privateKey);
      },
    ],
  ])('%s: given a hint %s, when it is sent, then the end-user is asked', async (_, _what, forged) => {
    const { status, headers } = await logout({
      id_token_hint: await forged(),
      client_id: 'demo-client',
      post_logout_redirect_uri: back,
    });

    expect([status, headers.has('location')]).toEqual([200, false]);
    expect(await isSignedIn()).toBe(true);
  });

  it.each([
    ['oidcc-rp-initiated-logout-no-id-token-hint', { post_logout_redirect_uri: back, client_id: 'demo-client' }],
    ['oidcc-rp-initiated-logout-no-params', {}],
    ['oidcc-rp-initiated-logout-only-state', { state: 'a state' }],
  ] as readonly (readonly [string, Readonly<Record<string, string>>])[])(
    '%s: given no hint, when it is asked for, then the end-user confirms, and is signed out',
    async (_, query) => {
      const asked = await logout(query);
      const page = await asked.text();

      const done = await browser.postForm('/logout', hiddenFields(page));

      expect([asked.status, asked.headers.has('location')]).toEqual([200, false]);
      expect(done.headers.get('location')).toBe(query['post_logout_redirect_uri'] ?? null);
      expect(await isSignedIn()).toBe(false);
    },
  );
});

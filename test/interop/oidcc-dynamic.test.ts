import { describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { admin, adminToken } from '../support/operations/admin';
import { newClientKey } from '../support/clients/client-key';
import { documentServer } from '../support/clients/document-server';
import { authorizationQuery, loggedIn } from '../support/clients/pkce-login';
import { ask, callback, register } from '../support/clients/registration';
import { RelyingParty } from '../support/clients/relying-party';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

/**
 * The modules of the plan `oidcc-dynamic-certification-test-plan`, each test beginning with the name of its module. Not here:
 * oidcc-idtoken-unsigned, oidcc-userinfo-rs256, oidcc-registration-sector-uri and those of request objects, which the suite
 * skips for servers like this one, and its wish for the implicit flow, which there is not (RFC 9700 §2.1.2).
 * Source: OpenID conformance suite, OIDCCDynamicTestPlan.java.
 */
describe.each(storesUnderTest)('oidcc-dynamic on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));
  const host = fixture(documentServer);
  const key = fixture(() => newClientKey('ES256', 'first'));
  const browser = fixture(() => loggedIn(service));

  /** A client that registers itself, with keys in place of a secret. `signs` is the key that it signs with when it is asked. */
  async function registered(
    metadata: Readonly<Record<string, unknown>> = {},
    { signs = () => key, audience = service.url, redirectUri = callback } = {},
  ): Promise<{ party: RelyingParty; clientId: string }> {
    const { status, body } = await register(service, {
      client_name: 'Conformance',
      redirect_uris: [redirectUri],
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
      ...metadata,
    });
    if (status !== 201) throw new Error(`not registered: ${JSON.stringify(body)}`);
    const clientId = String(body['client_id']);
    const assertion = () => signs().assertion({ clientId, audience, now: service.clock.now() });
    return { party: new RelyingParty(service, browser, { clientId, redirectUri, assertion }), clientId };
  }

  it('oidcc-server, oidcc-idtoken-rs256: given a client that registers itself, when it logs in, then its ID token is RS256', async () => {
    const { party, clientId } = await registered({ id_token_signed_response_alg: 'RS256' });

    const { body, idToken } = await party.tokens();

    expect(decodeProtectedHeader(String(body['id_token'])).alg).toBe('RS256');
    expect(idToken).toMatchObject({ sub: 'user0', aud: clientId });
  });

  it.each([
    ['oidcc-registration-logo-uri', { logo_uri: 'https://rp.example/logo.png' }],
    ['oidcc-registration-policy-uri', { policy_uri: 'https://rp.example/policy' }],
    ['oidcc-registration-tos-uri', { tos_uri: 'https://rp.example/terms' }],
  ])('%s: given %j, when the client asks, then the end-user sees who it is', async (_, metadata) => {
    const { clientId } = await registered(metadata);

    const page = await (await ask(browser, clientId)).text();

    expect(page).toContain('Conformance');
  });

  it('oidcc-registration-jwks-uri: given keys at a jwks_uri, when it logs in, then its assertion is verified by them', async () => {
    host.serve({ keys: [key.jwk] });
    const { party } = await registered({ jwks: undefined, jwks_uri: `${host.origin}/jwks` });

    const { idToken } = await party.tokens();

    expect(idToken.sub).toBe('user0');
  });

  it('oidcc-refresh-token-rp-key-rotation: given another key at its jwks_uri, when it refreshes with it a minute later, then it succeeds', async () => {
    const next = await newClientKey('ES256', 'next');
    let signing = key;
    host.serve({ keys: [key.jwk] });
    const metadata = { jwks: undefined, jwks_uri: `${host.origin}/rotating` };
    const { party } = await registered(metadata, { signs: () => signing });
    const { body } = await party.tokens({ scope: 'openid offline_access', prompt: 'consent' });
    host.serve({ keys: [next.jwk] });
    signing = next;
    service.clock.advance(60_000);

    const refreshed = await party.refresh(body['refresh_token']);

    expect(refreshed.status).toBe(200);
  });

  it.each(['', '/token'])(
    'oidcc-ensure-client-assertion-with-iss-aud-succeeds: given the audience ISSUER%s, when a code is redeemed, then it succeeds',
    async (path) => {
      const { party } = await registered({}, { audience: `${service.url}${path}` });

      expect((await party.tokens()).idToken.sub).toBe('user0');
    },
  );

  it('oidcc-refresh-token: given a refresh token, when another client that registered itself uses it, then it is invalid_grant', async () => {
    const [{ party }, { party: other }] = await Promise.all([registered(), registered()]);
    const { body } = await party.tokens({ scope: 'openid offline_access', prompt: 'consent' });

    const [stolen, used] = [await other.refresh(body['refresh_token']), await party.refresh(body['refresh_token'])];

    expect([stolen.status, stolen.body['error'], used.status]).toEqual([400, 'invalid_grant', 200]);
  });

  it('oidcc-redirect-uri-query-OK: given a redirect URI with a query, when it logs in, then the query comes back', async () => {
    const { party } = await registered({}, { redirectUri: `${callback}?foo=bar` });

    const { login } = await party.tokens();

    expect(login.callback.get('foo')).toBe('bar');
  });

  it.each([
    ['oidcc-redirect-uri-query-mismatch', `${callback}?foo=bar`, `${callback}?foo=baz`],
    ['oidcc-redirect-uri-query-added', callback, `${callback}?foo=bar`],
    ['oidcc-ensure-redirect-uri-in-authorization-request', callback, undefined],
  ])('%s: given the registered %s, when %s is asked for, then it is an error page', async (_, redirectUri, asked) => {
    const { clientId } = await registered({}, { redirectUri });
    const query = authorizationQuery({ client_id: clientId, redirect_uri: asked });

    const { status, headers } = await browser.fetch(`/authorize?${query}`, { headers: { accept: 'text/html' } });

    expect([status, headers.has('location')]).toEqual([400, false]);
  });

  it.each([
    ['oidcc-redirect-uri-regfrag', { redirect_uris: [`${callback}#foobar`] }, 'invalid_redirect_uri'],
    [
      'oidcc-registration-sector-bad',
      { redirect_uris: [callback], sector_identifier_uri: 'https://rp.example/sector.json' },
      'invalid_client_metadata',
    ],
  ])('%s: given %j, when it registers, then it is refused', async (_, metadata, error) => {
    const { status, body } = await register(service, metadata);

    expect([status, body['error']]).toEqual([400, error]);
  });

  it('oidcc-server-rotate-keys: given a rotation, when the JWKS is read, then it has a new key and still the old ones', async () => {
    const kids = async () => {
      const { keys } = (await (await fetch(`${service.url}/.well-known/jwks.json`)).json()) as {
        keys: { kid: string }[];
      };
      return keys.map(({ kid }) => kid);
    };
    const before = await kids();

    await admin(service, 'POST', '/keys/rotate', {});

    const after = await kids();
    expect(after).toEqual(expect.arrayContaining(before));
    expect(after.length).toBeGreaterThan(before.length);
    expect(new Set(after).size).toBe(after.length);
  });
});

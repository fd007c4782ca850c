import { afterAll, describe, expect, it } from '@jest/globals';
import { presets } from '../../src/operations/admin/presets';
import { byAssertion, newClientKey } from '../support/clients/client-key';
import { newDpopKey } from '../support/clients/dpop';
import { basic, codeFor, type Fields, loggedIn, redeem, refresh } from '../support/clients/pkce-login';
import { pushedCodeFor, pushRequest } from '../support/clients/pushed-request';
import { fixture } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { emptyStore, storesUnderTest } from '../support/stores/stores';
import { tesseraHere } from '../support/operations/tessera-command';
import { me, newAccount, signIn } from '../support/clients/wallet';

const scope = 'openid profile offline_access';
const https = 'https://app.example/callback';

/** How each preset's client logs in, besides what all do. */
const logins: Readonly<
  Record<string, { readonly redirectUri: string; readonly options: readonly string[]; readonly sent: Fields }>
> = {
  spa: { redirectUri: https, options: ['--redirect-uris', https], sent: {} },
  web: { redirectUri: https, options: ['--redirect-uris', https], sent: {} },
  mobile: { redirectUri: 'com.example.app:/cb', options: ['--redirect-uris', 'com.example.app:/cb'], sent: {} },
  cli: { redirectUri: 'http://127.0.0.1:49152/callback', options: [], sent: {} },
  authjs: { redirectUri: https, options: ['--redirect-uris', https], sent: { state: undefined } },
  mcp: {
    redirectUri: 'http://127.0.0.1:49153/callback',
    options: ['--redirect-uris', 'http://127.0.0.1/callback'],
    sent: { state: undefined },
  },
  fapi2: { redirectUri: https, options: ['--redirect-uris', https], sent: {} },
};

describe.each(storesUnderTest)('the clients of the presets on %s', (storeName) => {
  const store = fixture(() => emptyStore(storeName));

  const service = fixture(() => startServiceOn(store, { SIGNING_ALG: 'ES256' }));
  const browser = fixture(() => loggedIn(service));
  afterAll(async () => {
    await store.remove();
  });

  async function added(preset: string, options: readonly string[]): Promise<Record<string, unknown>> {
    const words = ['clients', 'add', '--json', '--preset', preset, '--client-id', `my-${preset}`, '--first-party'];
    const { stdout, stderr } = await tesseraHere([...words, ...options], store.env);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject(presets[preset]?.fields ?? {});
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it('given every preset, when those that log in here are counted, then none is missing', () => {
    expect([...Object.keys(logins), 'dapp'].toSorted()).toEqual(Object.keys(presets).toSorted());
  });

  it.each(Object.entries(logins))(
    'given a client of the preset %s, when it logs in as such clients do, then it gets its tokens and refreshes them',
    async (preset, { redirectUri, options, sent }) => {
      const clientKey = await newClientKey();
      const key = await newDpopKey(service.clock);
      const keys = JSON.stringify({ keys: [clientKey.jwk] });
      const client = await added(preset, [...options, ...(preset === 'fapi2' ? ['--jwks', keys] : [])]);
      const id = String(client['client_id']);
      const authenticated = async (): Promise<{ fields: Fields; headers: HeadersInit }> => {
        if (client['client_secret'] !== undefined)
          return { fields: { client_id: undefined }, headers: basic(id, String(client['client_secret'])) };
        if (preset !== 'fapi2') return { fields: { client_id: id }, headers: {} };
        const asserted = { clientId: id, audience: service.url, now: service.clock.now() };
        return {
          fields: { client_id: undefined, ...byAssertion(await clientKey.assertion(asserted)) },
          headers: { dpop: await key.proof({ url: `${service.url}/token` }) },
        };
      };
      const pushed = async (request: Fields) =>
        pushRequest(service, { ...request, ...(await authenticated()).fields, client_id: id });

      const asked = { client_id: id, redirect_uri: redirectUri, scope, ...sent };
      const code =
        preset === 'fapi2'
          ? await pushedCodeFor(service, browser, await pushed(asked))
          : await codeFor(service, browser, asked);
      const first = await authenticated();
      const tokens = await redeem(service, code, first.fields, first.headers);
      const second = await authenticated();
      const refreshed = await refresh(service, tokens.body['refresh_token'], second.fields, second.headers);

      expect([tokens.status, tokens.body['scope'], refreshed.status]).toEqual([200, scope, 200]);
      const [header = '', claims = ''] = String(tokens.body['id_token']).split('.');
      expect(decoded(header)['alg']).toBe(preset === 'fapi2' ? 'ES256' : 'RS256');
      expect('preferred_username' in decoded(claims)).toBe(preset === 'authjs');
    },
  );

  it('given a client of the preset dapp, when an account signs in at it, then it gets its tokens', async () => {
    await added('dapp', ['--wallet-origin', 'https://dapp.example']);

    const { challenge, answer } = await signIn(service, newAccount(), { clientId: 'my-dapp', scope });

    expect(challenge.message).toMatch(/^dapp\.example wants you to sign in/);
    expect([answer.status, answer.body['scope']]).toEqual([200, scope]);
    expect((await me(service, answer)).status).toBe(200);
  });
});

function decoded(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
}

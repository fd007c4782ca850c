import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { newSecret } from '../../src/domain/credentials/secret';
import { deepestJson } from '../../src/platform/http/json';
import type { BrowserSession } from '../support/clients/browser-session';
import { documentServer } from '../support/clients/document-server';
import { fixtureOfEach } from '../support/run/fixture';
import { nestedJson } from '../support/run/nested';
import { loggedIn, redeem } from '../support/clients/pkce-login';
import { allowedCode, callback, register } from '../support/clients/registration';
import { startService, type TestService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

describe.each(storesUnderTest)('a client with a jwks_uri on %s', (name) => {
  let service: TestService;
  let browser: BrowserSession;
  let keys: { publicKey: CryptoKey; privateKey: CryptoKey };

  beforeAll(async () => {
    [service, keys] = await Promise.all([startService(name), generateKeyPair('ES256', { extractable: true })]);
    browser = await loggedIn(service);
  });
  afterAll(() => service.stop());
  const host = fixtureOfEach(documentServer);

  const assertionOf = (clientId: string) => {
    const now = Math.floor(service.clock.now() / 1000);
    return new SignJWT({ iss: clientId, sub: clientId, aud: service.url, jti: newSecret(), iat: now, exp: now + 60 })
      .setProtectedHeader({ alg: 'ES256', kid: 'own' })
      .sign(keys.privateKey);
  };
  const redeemAs = async (clientId: string) => {
    const code = await allowedCode(service, browser, clientId);
    const assertion = { client_assertion_type: assertionType, client_assertion: await assertionOf(clientId) };
    return redeem(service, code, { client_id: undefined, ...assertion });
  };
  const ownKey = async () => ({ ...(await exportJWK(keys.publicKey)), kid: 'own', alg: 'ES256' });
  const registered = async (): Promise<string> => {
    const metadata = {
      redirect_uris: [callback],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: `${host.origin}/jwks`,
    };
    return String((await register(service, metadata)).body['client_id']);
  };

  it('given a key in its set, when it signs an assertion, then its code gives tokens, and the set is fetched once', async () => {
    host.serve({ keys: [await ownKey()] });
    const clientId = await registered();

    const statuses = [(await redeemAs(clientId)).status, (await redeemAs(clientId)).status];

    expect(statuses).toEqual([200, 200]);
    expect(host.asked.map(({ url }) => url)).toEqual(['/jwks']);
  });

  it.each([
    ['without its key', () => host.serve({ keys: [] })],
    ['that is none', () => host.serve('keys')],
    ['that is nested too deep', async () => host.serve(nestedJson(deepestJson + 1, { keys: [await ownKey()] }))],
    [
      'that redirects',
      () => (host.answer = (_request, response) => void response.writeHead(302, { location: '/b' }).end()),
    ],
    ['that is not there', () => (host.answer = (_request, response) => void response.writeHead(404).end())],
  ])('given a key set %s, when it signs an assertion, then it has not authenticated', async (_what, serve) => {
    await serve();

    const { status, body } = await redeemAs(await registered());

    expect([status, body['error'], body['reason']]).toEqual([401, 'invalid_client', 'client_authentication_failed']);
  });

  it('given a metadata document that names a jwks_uri, when its client signs an assertion, then its code gives tokens', async () => {
    const clientId = `${host.origin}/client`;
    const document = {
      client_id: clientId,
      redirect_uris: [callback],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: `${host.origin}/jwks`,
    };
    const set = { keys: [await ownKey()] };
    host.answer = ({ url }, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(url === '/client' ? document : set));

    expect((await redeemAs(clientId)).status).toBe(200);
  });
});

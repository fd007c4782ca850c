import { describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import { deepestJson } from '../../src/platform/http/json';
import { declarationsOf } from '../support/service/routes';
import { RegisteredOrigins } from '../../src/platform/http/registered-origins';
import { SigningKeyStore } from '../../src/domain/tokens/signing-key-store';
import { admin, adminToken } from '../support/operations/admin';
import { fixture } from '../support/run/fixture';
import { expectEnvelope } from '../support/service/envelope';
import { nestedJson } from '../support/run/nested';
import { basic, postToken } from '../support/clients/pkce-login';
import { sendRaw } from '../support/service/raw-http';
import { manage, nativeClient, register } from '../support/clients/registration';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const bearer = { authorization: `Bearer ${adminToken}` };
const prototypes = ['{"__proto__": {}}', '{"a": {"__proto__": null}}', '{"constructor": {"prototype": {}}}'];
const sentence = `at most ${deepestJson} levels deep, and without __proto__ or constructor.prototype`;

describe.each(storesUnderTest)('JSON of others on %s', (store) => {
  const service = fixture(() => startService(store, { ADMIN_TOKEN: adminToken }));

  /** Every endpoint that reads JSON; who asks may do what it does. */
  const endpoints = () => declarationsOf(service).filter(({ body }) => body === 'json');

  async function answersTo(body: string) {
    const answers = await Promise.all(
      endpoints().map(async ({ method, path }) => {
        const headers = { ...bearer, 'content-type': 'application/json' };
        const answer = await sendRaw(service, { method, path: path.replace(/:\w+/g, 'x'), headers, body });
        expectEnvelope(answer);
        return { at: `${method} ${path}`, status: answer.status, ...JSON.parse(answer.text) };
      }),
    );
    return answers;
  }

  const refusedAsBody = (answers: readonly unknown[]) =>
    expect(answers).toEqual(
      endpoints().map(({ method, path }) => ({
        at: `${method} ${path}`,
        status: 400,
        error: expect.stringMatching(/^invalid_(?:request|client_metadata)$/),
        error_description: expect.stringContaining(sentence),
        reason: expect.stringMatching(/^(?:registration_)?body_invalid$/),
      })),
    );

  it('given the endpoints, when those are listed that read JSON, then they are found', () => {
    expect(endpoints().length).toBeGreaterThan(10);
  });

  it.each(['null', ' null ', '[]', '[{}]', '0', 'true', '"{}"'].concat(prototypes))(
    'given the body %s, when it is sent to each endpoint that reads JSON, then the error says what it must be',
    async (body) => {
      refusedAsBody(await answersTo(body));
    },
  );

  it('given objects that are nested too deep, when they are sent to each endpoint, then the error says how deep they may be', async () => {
    refusedAsBody(await answersTo(nestedJson(deepestJson + 1)));
    refusedAsBody(await answersTo(nestedJson(7_000)));
  });

  it('given one that is as deep as it may be, when it is sent, then what is not known of it is ignored', async () => {
    const { status } = await register(service, nestedJson(deepestJson, nativeClient));

    expect(status).toBe(201);
  });

  it('given null, when keys would be rotated or a secret made, then nothing is, and without a body it is', async () => {
    const { body: client } = await admin(service, 'POST', '/clients', { redirect_uris: ['https://a.example/cb'] });
    const path = `/clients/${String(client['client_id'])}/secret`;
    const keys = await service.app.get(SigningKeyStore).list();

    const rotated = await admin(service, 'POST', '/keys/rotate', 'null');
    const renewed = await admin(service, 'POST', path, 'null');
    const after = await service.app.get(SigningKeyStore).list();
    const [id, secret] = [String(client['client_id']), String(client['client_secret'])];
    const token = await postToken(service, { grant_type: 'refresh_token' }, basic(id, secret));
    const without = [await admin(service, 'POST', '/keys/rotate'), await admin(service, 'POST', path)];

    for (const { status, body } of [rotated, renewed]) expect([status, body['reason']]).toEqual([400, 'body_invalid']);
    expect(after.map(({ kid }) => kid)).toEqual(keys.map(({ kid }) => kid));
    // The secret is right: what is wrong is something else.
    expect(token.body['error']).not.toBe('invalid_client');
    expect(without.map(({ status }) => status)).toEqual([200, 201]);
  });

  it.each([deepestJson, 1_500])(
    'given a registration, when a JWK %d deep takes its place, then it is 400, the registration is as before, and no page of it is let in',
    async (levels) => {
      const registered = await register(service, nativeClient);
      const { publicKey } = await generateKeyPair('ES256', { extractable: true });
      const origin = `https://deep-${levels}.example`;
      const jwk = nestedJson(levels, await exportJWK(publicKey));
      const metadata = {
        client_id: registered.body['client_id'],
        redirect_uris: [`${origin}/callback`],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: ['jwk'] },
      };
      const sent = JSON.stringify(metadata).replace('"jwk"', jwk);

      const { status, body } = await manage('PUT', registered, sent);

      expect([status, body['reason']]).toEqual([400, 'registration_body_invalid']);
      expect(await service.app.get(RegisteredOrigins).includes(origin)).toBe(false);
      expect((await manage('GET', registered)).body).toMatchObject({ redirect_uris: nativeClient.redirect_uris });
    },
  );

  it.each([
    ['the header', (deep: string) => `${deep}.${encoded('{"sub":"demo-client"}')}.c2ln`],
    ['the claims', (deep: string) => `${encoded('{"alg":"ES256","typ":"JWT"}')}.${deep}.c2ln`],
  ])(
    'given a JWT of a stranger with %s nested deep, when it is shown anywhere, then it is refused',
    async (_part, jwtOf) => {
      const token = jwtOf(encoded(nestedJson(3_000, { sub: 'demo-client', alg: 'ES256' })));
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      const type = encodeURIComponent('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
      const requests = [
        { method: 'GET', path: '/userinfo', headers: { authorization: `Bearer ${token}` } },
        { method: 'GET', path: '/api/me', headers: { authorization: `DPoP ${token}`, dpop: token } },
        {
          method: 'POST',
          path: '/token',
          headers: { ...form, dpop: token },
          body: 'grant_type=refresh_token&client_id=demo-spa&refresh_token=a',
        },
        {
          method: 'POST',
          path: '/token',
          headers: form,
          body: `grant_type=refresh_token&client_assertion_type=${type}&client_assertion=${token}`,
        },
      ];

      const answers = await Promise.all(requests.map((request) => sendRaw(service, request)));

      answers.forEach(expectEnvelope);
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 400, 401]);
    },
  );
});

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}

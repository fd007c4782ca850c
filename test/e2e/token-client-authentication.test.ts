import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { deepestJson } from '../../src/platform/http/json';
import { byAssertion, newClientKey } from '../support/clients/client-key';
import { documentServer } from '../support/clients/document-server';
import { basic, codeFor, type Fields, loggedIn, postFields, postToken, redeem } from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { allowedCode, callback, register } from '../support/clients/registration';
import { fixture, fixtureOfEach } from '../support/run/fixture';
import { nestedJson } from '../support/run/nested';
import { fewerRuns } from '../support/run/property-runs';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const unauthenticated = {
  error: 'invalid_client',
  error_description: 'Client authentication failed',
  reason: 'client_authentication_failed',
};
const by = (assertion: string): Fields => ({ client_id: undefined, ...byAssertion(assertion) });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe.each(storesUnderTest)('how clients authenticate at /token on %s', (store) => {
  const service = fixture(() => startService(store));
  const browser = fixture(() => loggedIn(service));
  const key = fixture(() => newClientKey());

  /** Of the client, signed by the key. */
  const assertionOf = (clientId: string, claims?: Readonly<Record<string, unknown>>, signer = key) =>
    signer.assertion({ clientId, audience: service.url, now: service.clock.now() }, claims);

  const redeemAs = async (clientId: string) =>
    redeem(service, await allowedCode(service, browser, clientId), by(await assertionOf(clientId)));

  describe('by a secret', () => {
    const confidential = { client_id: 'demo-client' };
    const withBasic = { client_id: undefined };
    const newCode = () => codeFor(service, browser, confidential);

    it.each([
      ['client_secret_basic', withBasic, basic('demo-client', 'demo-secret')],
      ['client_secret_basic with the client id in the form too', confidential, basic('demo-client', 'demo-secret')],
      ['client_secret_basic, form-encoded', withBasic, basic('demo%2Dclient', 'demo%2Dsecret')],
      ['client_secret_post', { ...confidential, client_secret: 'demo-secret' }, {}],
    ])('given %s, when it redeems, then it gets tokens', async (_case, changes: Fields, headers: HeadersInit) => {
      const code = await newCode();

      const { status } = await redeem(service, code, changes, headers);

      expect(status).toBe(200);
    });

    it.each([
      ['a wrong secret by basic', withBasic, basic('demo-client', 'wrong')],
      ['an unknown client by basic', withBasic, basic('nobody', 'demo-secret')],
      ['an empty secret by basic', withBasic, basic('demo-client', '')],
      ['another client id in the form', { client_id: 'demo-spa' }, basic('demo-client', 'demo-secret')],
      ['another scheme', withBasic, { authorization: 'Bearer demo-secret' }],
      ['basic that is not base64', withBasic, { authorization: 'Basic %%%' }],
      ['basic without a colon', withBasic, { authorization: `Basic ${Buffer.from('demo-client').toString('base64')}` }],
      ['basic with a broken escape', withBasic, basic('demo-client', '%zz')],
    ])(
      'given %s, when the code is redeemed, then it is 401 with the challenge of the scheme',
      async (_case, changes: Fields, headers: HeadersInit) => {
        const code = await newCode();

        const attempt = await redeem(service, code, changes, headers);
        const owner = await redeem(service, code, withBasic, basic('demo-client', 'demo-secret'));

        expect(attempt.status).toBe(401);
        expect(attempt.headers.get('www-authenticate')).toBe(`Basic realm="${service.url}"`);
        expect(attempt.headers.get('cache-control')).toBe('no-store');
        expect(attempt.body).toEqual(unauthenticated);
        expect(owner.status).toBe(200);
      },
    );

    it.each([
      ['no secret', {}],
      ['a wrong secret in the form', { client_secret: 'wrong' }],
      ['the id of nobody and a secret in the form', { client_id: 'nobody', client_secret: 'wrong' }],
      ['an assertion that is none', byAssertion('x.y.z')],
    ])('given %s, when a confidential client redeems, then it is 401', async (_case, changes: Fields) => {
      const attempt = await redeem(service, await newCode(), changes);

      expect(attempt.status).toBe(401);
      expect(attempt.body).toEqual(unauthenticated);
    });

    it('given two methods at once, when the code is redeemed, then it is refused', async () => {
      const code = await newCode();

      const attempt = await redeem(
        service,
        code,
        { client_secret: 'demo-secret' },
        basic('demo-client', 'demo-secret'),
      );

      expect(attempt.status).toBe(400);
      expect(attempt.body).toMatchObject({ error: 'invalid_request', reason: 'client_authentication_repeated' });
    });
  });

  describe('by a key', () => {
    const clientId = 'test-jwt-client';
    fixture(() =>
      registerClient(service, {
        clientId,
        authentication: 'private_key_jwt',
        jwks: { keys: [key.jwk] },
        scopes: ['openid'],
      }),
    );
    const newCode = () => codeFor(service, browser, { client_id: clientId });
    const signed = (claims?: Readonly<Record<string, unknown>>) => assertionOf(clientId, claims);

    it.each(['', '/token', '/par'])(
      'given an assertion for the issuer%s, when the code is redeemed, then it gives tokens',
      async (path) => {
        const code = await newCode();

        const { status } = await redeem(service, code, by(await signed({ aud: `${service.url}${path}` })));

        expect(status).toBe(200);
      },
    );

    it('given one assertion, when 200 use it at once, then one does', async () => {
      const assertion = await signed();

      const answers = await Promise.all(
        Array.from({ length: 200 }, () => postToken(service, { grant_type: 'authorization_code', ...by(assertion) })),
      );

      expect(answers.filter(({ body }) => body['reason'] === 'code_required')).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(199);
    });

    it.each([
      ['another issuer', { iss: 'demo-client' }],
      ['another subject', { sub: 'demo-client' }],
      ['an unknown subject', { sub: 'nobody' }],
      ['an object as subject', { sub: { $ne: null } }],
      ['a number as subject', { sub: 7 }],
      ['an array as subject', { sub: [clientId] }],
      ['no subject', { sub: undefined }],
      ['another audience', { aud: 'https://other.example' }],
      ['no audience', { aud: undefined }],
      ['no jti', { jti: undefined }],
      ['a number as jti', { jti: 7 }],
      ['no expiry', { exp: undefined }],
      ['an expiry in the past', { exp: 1 }],
      ['an expiry in ten minutes', { exp: 600 }],
      ['a text as expiry', { exp: 'tomorrow' }],
      ['a time of issue in a minute', { iat: 60 }],
      ['a beginning in a minute', { nbf: 60 }],
      ['an expiry of a second ago', { exp: -1 }],
    ])(
      'given an assertion with %s, when it is shown, then it is refused',
      async (_case, changes: Record<string, unknown>) => {
        const now = Math.floor(service.clock.now() / 1000);
        // Small numbers are seconds from now, but for the past of 1970.
        const times = Object.entries(changes).filter(
          ([name, each]) => ['exp', 'iat', 'nbf'].includes(name) && each !== 1,
        );
        const moved = times.map(([name, each]) => [name, typeof each === 'number' ? now + each : each] as const);
        const assertion = await signed({ ...changes, ...Object.fromEntries(moved) });

        const attempt = await redeem(service, await newCode(), by(assertion));

        expect(attempt.status).toBe(401);
        expect(attempt.body).toEqual(unauthenticated);
      },
    );

    it.each<[string, () => Promise<Fields>]>([
      ['without its type', async () => ({ ...by(await signed()), client_assertion_type: undefined })],
      ['of another type', async () => ({ ...by(await signed()), client_assertion_type: 'urn:x' })],
      ['beside another client id', async () => ({ ...by(await signed()), client_id: 'demo-spa' })],
      ['that somebody else signed', async () => by(await assertionOf(clientId, {}, await newClientKey()))],
      ['without a signature', async () => by(`${part({ alg: 'none' })}.${(await signed()).split('.')[1]}.`)],
    ])('given an assertion %s, when it is shown, then it is refused', async (_how, shown) => {
      const attempt = await redeem(service, await newCode(), await shown());

      expect(attempt.status).toBe(401);
    });

    it('given a clock that is 8 s ahead of ours, when its assertion is shown, then it is accepted', async () => {
      const ahead = Math.floor(service.clock.now() / 1000) + 8;

      const { status } = await redeem(service, await newCode(), by(await signed({ iat: ahead, nbf: ahead })));

      expect(status).toBe(200);
    });

    it('given an assertion, when it is used up to a second after its expiry, then never twice', async () => {
      const assertion = await signed();
      const first = await postToken(service, { grant_type: 'authorization_code', ...by(assertion) });
      service.clock.advance(61_000);

      const late = await postToken(service, { grant_type: 'authorization_code', ...by(assertion) });

      expect([first.body['reason'], late.status]).toEqual(['code_required', 401]);
    });

    it.each(['/revoke', '/par'])('given an assertion, when %s has it, then it is used up', async (path) => {
      const shown = byAssertion(await signed());

      const statuses = [await postFields(service, path, shown), await postFields(service, path, shown)].map(
        ({ status }) => status,
      );

      // Neither has what it is for.
      expect(statuses).toEqual([400, 401]);
    });

    it('given any header and claims about the client, when they are shown, then they are refused', async () => {
      const object = fc.dictionary(
        fc.constantFrom('alg', 'kid', 'jwk', 'crit', 'iss', 'aud', 'exp', 'jti', 'typ'),
        fc.jsonValue(),
      );

      await fc.assert(
        fc.asyncProperty(object, object, fc.base64String(), async (header, about, signature) => {
          const claimed = { ...about, sub: clientId };
          const assertion = `${part(header)}.${part(claimed)}.${signature}`;

          const { status, body } = await postToken(service, { grant_type: 'authorization_code', ...by(assertion) });

          expect([status, body]).toEqual([401, unauthenticated]);
        }),
        fewerRuns(100),
      );
    });
  });

  describe('by a key at its jwks_uri', () => {
    const host = fixtureOfEach(documentServer);

    const registered = async (): Promise<string> => {
      const metadata = {
        redirect_uris: [callback],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: `${host.origin}/jwks`,
      };
      return String((await register(service, metadata)).body['client_id']);
    };

    it('given a key in its set, when it signs an assertion, then its code gives tokens, and the set is fetched once', async () => {
      host.serve({ keys: [key.jwk] });
      const clientId = await registered();

      const statuses = [(await redeemAs(clientId)).status, (await redeemAs(clientId)).status];

      expect(statuses).toEqual([200, 200]);
      expect(host.asked.map(({ url }) => url)).toEqual(['/jwks']);
    });

    it.each([
      ['without its key', () => host.serve({ keys: [] })],
      ['that is none', () => host.serve('keys')],
      ['that is nested too deep', () => host.serve(nestedJson(deepestJson + 1, { keys: [key.jwk] }))],
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
      const set = { keys: [key.jwk] };
      host.answer = ({ url }, response) =>
        void response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify(url === '/client' ? document : set));

      expect((await redeemAs(clientId)).status).toBe(200);
    });
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { newSecret } from '../../src/domain/credentials/secret';
import { ClientStore } from '../../src/domain/clients/client-store';
import type { BrowserSession } from '../support/clients/browser-session';
import { codeFor, type Fields, type IssuedCode, loggedIn, postToken, redeem } from '../support/clients/pkce-login';
import { startService, type TestService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { fewerRuns } from '../support/run/property-runs';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const clientId = 'test-jwt-client';
const unauthenticated = {
  error: 'invalid_client',
  error_description: 'Client authentication failed',
  reason: 'client_authentication_failed',
};

const by = (assertion: string): Fields => ({
  client_id: undefined,
  client_assertion: assertion,
  client_assertion_type: assertionType,
});
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe.each(storesUnderTest)('a client with a key at /token on %s', (store) => {
  let service: TestService;
  let browser: BrowserSession;

  beforeAll(async () => {
    service = await startService(store);
    browser = await loggedIn(service);
  });
  afterAll(() => service.stop());

  const newCode = (changes?: Fields): Promise<IssuedCode> => codeFor(service, browser, changes);

  let privateKey: CryptoKey;

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    privateKey = pair.privateKey;
    await service.app.get(ClientStore).save({
      clientId,
      name: 'Client with a key',
      authentication: 'private_key_jwt',
      jwks: { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }] },
      redirectUris: ['http://127.0.0.1/callback'],
      firstParty: true,
      scopes: ['openid'],
      idTokenAlgorithm: 'RS256',
      demo: false,
    });
  });

  const claims = () => {
    const now = Math.floor(service.clock.now() / 1000);
    return { iss: clientId, sub: clientId, aud: service.url, jti: newSecret(), iat: now, exp: now + 60 };
  };
  const signed = (payload: Record<string, unknown>) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey);

  it.each(['', '/token', '/par'])(
    'given an assertion for the issuer%s, when the code is redeemed, then it gives tokens',
    async (path) => {
      const code = await newCode({ client_id: clientId });

      const { status } = await redeem(service, code, by(await signed({ ...claims(), aud: `${service.url}${path}` })));

      expect(status).toBe(200);
    },
  );

  it('given an assertion that was used, when it is shown again, then it is refused', async () => {
    const assertion = await signed(claims());
    await redeem(service, await newCode({ client_id: clientId }), by(assertion));

    const again = await redeem(service, await newCode({ client_id: clientId }), by(assertion));

    expect(again.body).toEqual(unauthenticated);
  });

  it('given one assertion, when 200 use it at once, then one does', async () => {
    const assertion = await signed(claims());

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
      const good = claims();
      // Small numbers are seconds from now, but for the past of 1970.
      const times = Object.entries(changes).filter(
        ([name, each]) => ['exp', 'iat', 'nbf'].includes(name) && each !== 1,
      );
      const moved = times.map(([name, each]) => [name, typeof each === 'number' ? good.iat + each : each] as const);
      const payload = { ...good, ...changes, ...Object.fromEntries(moved) };

      const attempt = await redeem(service, await newCode({ client_id: clientId }), by(await signed(payload)));

      expect(attempt.status).toBe(401);
      expect(attempt.body).toEqual(unauthenticated);
    },
  );

  it.each([
    ['no type', { client_assertion_type: undefined }],
    ['another type', { client_assertion_type: 'urn:x' }],
    ['another client id', { client_id: 'demo-spa' }],
    ['a signature of somebody else', {}],
  ])('given %s, when an assertion is shown, then it is refused', async (name, changes: Fields) => {
    const stranger = (await generateKeyPair('ES256')).privateKey;
    const header = { alg: 'ES256', kid: 'k1' };
    const forged = await new SignJWT(claims()).setProtectedHeader(header).sign(stranger);
    const assertion = name === 'a signature of somebody else' ? forged : await signed(claims());

    const attempt = await redeem(service, await newCode({ client_id: clientId }), { ...by(assertion), ...changes });

    expect(attempt.status).toBe(401);
  });

  it('given a clock that is 8 s ahead of ours, when its assertion is shown, then it is accepted', async () => {
    const { iat } = claims();
    const payload = { ...claims(), iat: iat + 8, nbf: iat + 8 };

    const { status } = await redeem(service, await newCode({ client_id: clientId }), by(await signed(payload)));

    expect(status).toBe(200);
  });

  it('given an assertion, when it is used up to a second after its expiry, then never twice', async () => {
    const assertion = await signed(claims());
    const first = await postToken(service, { grant_type: 'authorization_code', ...by(assertion) });
    service.clock.advance(61_000);

    const late = await postToken(service, { grant_type: 'authorization_code', ...by(assertion) });

    expect([first.body['reason'], late.status]).toEqual(['code_required', 401]);
  });

  it.each(['/revoke', '/par'])(
    'given an assertion, when it is shown at %s, then it is used, and no more',
    async (path) => {
      const body = new URLSearchParams({
        client_assertion: await signed(claims()),
        client_assertion_type: assertionType,
      });

      const statuses: number[] = [];
      for (let count = 0; count < 2; count += 1) {
        statuses.push((await fetch(service.url + path, { method: 'POST', body })).status);
      }

      // Neither has what it is for.
      expect(statuses).toEqual([400, 401]);
    },
  );

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

  it('given an assertion without a signature, when it is shown, then it is refused', async () => {
    const attempt = await redeem(
      service,
      await newCode({ client_id: clientId }),
      by(`${part({ alg: 'none' })}.${part(claims())}.`),
    );

    expect(attempt.status).toBe(401);
  });
});

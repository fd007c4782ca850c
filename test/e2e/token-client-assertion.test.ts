import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { newSecret } from '../../src/credentials/secret';
import { ClientStore } from '../../src/clients/client-store';
import type { BrowserSession } from '../support/browser-session';
import { codeFor, type Fields, type IssuedCode, loggedIn, postToken, redeem } from '../support/pkce-login';
import { startService, type TestService } from '../support/service';
import { storesUnderTest } from '../support/stores';

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

  it.each(['', '/token'])(
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

  it('given one assertion, when 20 use it at once, then one does', async () => {
    const assertion = await signed(claims());

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => postToken(service, { grant_type: 'authorization_code', ...by(assertion) })),
    );

    expect(answers.filter(({ body }) => body['reason'] === 'code_required')).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
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
  ])(
    'given an assertion with %s, when it is shown, then it is refused',
    async (_case, changes: Record<string, unknown>) => {
      const good = claims();
      const exp = changes['exp'] === 600 ? good.exp + 600 : changes['exp'];
      const payload = { ...good, ...changes, ...('exp' in changes && { exp }) };

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

  it('given an assertion without a signature, when it is shown, then it is refused', async () => {
    const attempt = await redeem(
      service,
      await newCode({ client_id: clientId }),
      by(`${part({ alg: 'none' })}.${part(claims())}.`),
    );

    expect(attempt.status).toBe(401);
  });
});

import { describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose';
import { logIn } from '../support/clients/logged-in-client';
import { askWith, loggedIn } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe.each(storesUnderTest)('a protected resource on %s', (store) => {
  const service = fixture(() => startService(store, { SIGNING_ALG: 'ES256' }));
  const browser = fixture(() => loggedIn(service));

  async function tokens(scope?: string) {
    return (await logIn(service, browser, { scope })).tokens;
  }

  it('given a token, when /api/me is asked, then it tells whose it is and no cache keeps it', async () => {
    const response = await askWith(service, (await tokens('openid profile')).accessToken);

    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      sub: 'user0',
      client_id: 'demo-spa',
      scope: 'openid profile',
      amr: ['pwd'],
      model: 'pkce',
    });
  });

  it('given no token, when it is asked, then it is 401 with a challenge that names both schemes and no error', async () => {
    const response = await fetch(`${service.url}/api/me`);

    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer realm="${service.url}", DPoP algs="ES256 EdDSA Ed25519 PS256 RS256"`,
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['basic', 'Basic dXNlcjA6cGFzc3dvcmQw'],
    ['bearer without a token', 'Bearer'],
    ['two tokens', 'Bearer a b'],
    ['a word', 'Bearer token'],
    ['three words', 'Bearer a.b.c'],
    ['a token of 8,000 characters', `Bearer ${'a'.repeat(8_000)}`],
  ])('given %s, when it is asked, then it is 401 invalid_token', async (_case, authorization) => {
    for (const path of ['/api/me', '/userinfo']) {
      const response = await fetch(service.url + path, { headers: { authorization } });

      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe(`Bearer realm="${service.url}", error="invalid_token"`);
      expect(await response.json()).toMatchObject({ error: 'invalid_token', reason: 'access_token_invalid' });
    }
  });

  it('given a token in the query, when it is asked, then it is not read', async () => {
    const { accessToken: token } = await tokens();

    const response = await fetch(`${service.url}/api/me?access_token=${token}`);

    expect(response.status).toBe(401);
  });

  it('given a token over its lifetime, when it is asked, then it is 401', async () => {
    const { accessToken: token } = await tokens();
    service.clock.advance(901_000);

    const response = await askWith(service, token);

    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: 'invalid_token', reason: 'access_token_expired' });
  });

  it('given an ID token, when it is shown as an access token, then it is 401', async () => {
    const { idToken: token } = await tokens('openid');

    expect((await askWith(service, token)).status).toBe(401);
  });

  describe('a forged token', () => {
    it.each([
      ['no algorithm', { alg: 'none' }],
      ['another algorithm under the same key', { alg: 'RS256' }],
      ['EdDSA under the same key', { alg: 'EdDSA' }],
      ['a symmetric algorithm', { alg: 'HS256' }],
      ['another type', { typ: 'JWT' }],
      ['an unknown key', { kid: 'nobody' }],
      ['an object as key id', { kid: { $ne: null } }],
      ['no key id', { kid: undefined }],
      ['an unknown critical header', { crit: ['x'], x: 1 }],
      ['a key of its own', { jwk: { kty: 'oct', k: 'AAAA' } }],
      ['a number as algorithm', { alg: 5 }],
    ])('given %s, when it is shown, then it is 401', async (_case, changes) => {
      const [header = '', payload = '', signature = ''] = (await tokens()).accessToken.split('.');
      const original = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
      const forged = `${part({ ...original, ...changes })}.${payload}.${signature}`;

      const response = await askWith(service, forged);

      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ reason: 'access_token_invalid' });
    });

    it('given other claims under the old signature, when it is shown, then it is 401', async () => {
      const token = (await tokens()).accessToken;
      const [header = '', , signature = ''] = token.split('.');
      const forged = `${header}.${part({ ...decodeJwt(token), sub: 'admin' })}.${signature}`;

      expect((await askWith(service, forged)).status).toBe(401);
    });

    it('given a key of somebody else under our key id, when it is shown, then it is 401', async () => {
      const token = (await tokens()).accessToken;
      const { kid = '' } = decodeProtectedHeader(token);
      const { privateKey } = await generateKeyPair('ES256');
      const forged = await new SignJWT(decodeJwt(token))
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
        .sign(privateKey);

      expect((await askWith(service, forged)).status).toBe(401);
    });

    it('given a token of another server, when it is shown, then it is 401', async () => {
      const other = await startService('lmdb', { SIGNING_ALG: 'ES256' });
      const { tokens: strange } = await logIn(other, await loggedIn(other));
      await other.stop();

      expect((await askWith(service, strange.accessToken)).status).toBe(401);
    });
  });

  describe('/userinfo', () => {
    it.each(['GET', 'POST'])('given openid, when it is asked by %s, then it tells the subject', async (method) => {
      const { accessToken: token } = await tokens('openid');

      const response = await fetch(`${service.url}/userinfo`, {
        method,
        headers: { authorization: `Bearer ${token}` },
      });

      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.json()).toMatchObject({ sub: 'user0' });
    });

    it('given the token in a form, when it is posted, then it counts, and beside a header it does not', async () => {
      const token = (await tokens('openid')).accessToken;
      const body = new URLSearchParams({ access_token: token });
      const headers = { authorization: `Bearer ${token}` };

      const [inForm, inBoth, emptyForm] = await Promise.all([
        fetch(`${service.url}/userinfo`, { method: 'POST', body }),
        fetch(`${service.url}/userinfo`, { method: 'POST', body, headers }),
        fetch(`${service.url}/userinfo`, { method: 'POST', body: new URLSearchParams(), headers }),
      ]);

      expect([inForm.status, inBoth.status, emptyForm.status]).toEqual([200, 400, 200]);
      expect(await inBoth.json()).toMatchObject({ error: 'invalid_request', reason: 'access_token_repeated' });
    });

    it('given a token without openid, when it is asked, then it is 403 insufficient_scope', async () => {
      const response = await askWith(service, (await tokens('profile')).accessToken, '/userinfo');

      expect(response.status).toBe(403);
      expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
      expect(await response.json()).toMatchObject({ error: 'insufficient_scope' });
    });
  });
});

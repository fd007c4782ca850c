import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { signingAlgorithms } from '../../src/platform/settings';
import { codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';

describe.each(signingAlgorithms)('discovery and tokens with SIGNING_ALG=%s', (algorithm) => {
  const service = fixture(() => startService('lmdb', { SIGNING_ALG: algorithm }));
  const browser = fixture(() => loggedIn(service));

  async function read<Body>(path: string): Promise<Body> {
    return (await fetch(service.url + path)).json() as Promise<Body>;
  }

  it('given the two metadata documents, when they are read, then they say the same of what works', async () => {
    const openid = await read<Record<string, unknown>>('/.well-known/openid-configuration');
    const oauth = await read<Record<string, unknown>>('/.well-known/oauth-authorization-server');

    expect(oauth).toEqual(openid);
    expect(openid).toMatchObject({
      issuer: service.url,
      authorization_endpoint: `${service.url}/authorize`,
      token_endpoint: `${service.url}/token`,
      userinfo_endpoint: `${service.url}/userinfo`,
      jwks_uri: `${service.url}/.well-known/jwks.json`,
      claims_supported: expect.arrayContaining(['sid', 'acr']),
      acr_values_supported: ['phr'],
      prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
      revocation_endpoint: `${service.url}/revoke`,
      revocation_endpoint_auth_methods_supported: [
        'none',
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
      ],
      introspection_endpoint: `${service.url}/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
    expect(openid['id_token_signing_alg_values_supported']).toEqual([...new Set([algorithm, 'RS256', 'ES256'])]);
  });

  it('given the metadata, when each of its endpoints is called, then none is missing', async () => {
    const metadata = await read<Record<string, unknown>>('/.well-known/openid-configuration');
    const endpoints = Object.entries(metadata).filter(([name]) => /_(?:endpoint|uri)$/.test(name));

    const statuses = await Promise.all(endpoints.map(async ([, url]) => (await fetch(String(url))).status));

    expect(endpoints.length).toBeGreaterThanOrEqual(4);
    expect(statuses).not.toContain(404);
  });

  it('given the JWKS, when it is read, then it has the chosen key, one of RS256 and of ES256, and nothing private', async () => {
    const { keys } = await read<JSONWebKeySet>('/.well-known/jwks.json');

    expect(new Set(keys.map(({ alg }) => alg))).toEqual(new Set([algorithm, 'RS256', 'ES256']));
    for (const key of keys) {
      expect(key).toMatchObject({ use: 'sig', kid: expect.stringMatching(/^[\w-]{43}$/) });
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(secret);
    }
  });

  it('given a process that may have read the keys 10 s ago, when the JWKS is served, then a retired key is in no cache after a minute', async () => {
    const { headers } = await fetch(`${service.url}/.well-known/jwks.json`);

    expect(headers.get('cache-control')).toBe('public, max-age=50');
  });

  it('given a login, when its tokens are verified against the JWKS, then they say who logged in, where and for whom', async () => {
    const { body } = await redeem(service, await codeFor(service, browser, { nonce: 'nonce-of-the-client' }));
    const accessToken = String(body['access_token']);
    const jwks = createLocalJWKSet(await read<JSONWebKeySet>('/.well-known/jwks.json'));

    const ofClient = { issuer: service.url, audience: 'demo-spa', algorithms: [algorithm] };
    const { payload: login } = await jwtVerify(String(body['id_token']), jwks, ofClient);
    const { payload: access } = await jwtVerify(accessToken, jwks, { issuer: service.url, typ: 'at+jwt' });

    const hash = createHash(algorithm === 'EdDSA' ? 'sha512' : 'sha256')
      .update(accessToken)
      .digest();
    expect(login).toMatchObject({
      sub: 'user0',
      nonce: 'nonce-of-the-client',
      amr: ['pwd'],
      at_hash: hash.subarray(0, hash.length / 2).toString('base64url'),
      auth_time: expect.any(Number),
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    // Source: RFC 9068 §2.
    expect(decodeProtectedHeader(accessToken).alg).toBe(algorithm);
    expect(access).toMatchObject({
      iss: service.url,
      aud: service.url,
      sub: 'user0',
      client_id: 'demo-spa',
      scope: 'openid',
      jti: expect.any(String),
      exp: (access.iat ?? 0) + 900,
      model: 'pkce',
      amr: ['pwd'],
    });
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createDiscovery } from '../src/discovery.ts';
import { checkIdToken, type ExpectedIdToken } from '../src/id-token.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { caught } from './support/caught.ts';
import { startIssuer } from './support/issuer.ts';

const accessToken = 'an access token';
const now = Date.parse('2030-01-01T00:00:00Z');
const seconds = now / 1000;

/** Source: OpenID Connect Core 1.0 §3.1.3.6. */
const halfHash = (algorithm: string) => {
  const digest = createHash(algorithm).update(accessToken).digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
};

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('an ID token that is signed with %s', (alg) => {
  const issuer = fixture(() => startIssuer(alg));
  const discovery = fixture(() => createDiscovery({ issuer: issuer.url }));

  const claims = () => ({
    iss: issuer.url,
    sub: 'user0',
    aud: 'my-app',
    iat: seconds - 1,
    exp: seconds + 300,
    nonce: 'a nonce',
    at_hash: halfHash(alg === 'EdDSA' ? 'sha512' : 'sha256'),
  });
  const check = (token: string, expected: Partial<ExpectedIdToken> = {}) =>
    checkIdToken(token, { clientId: 'my-app', accessToken, nonce: 'a nonce', now, ...expected }, discovery, crypto);

  it('given one that is right, when it is checked, then its claims are told', async () => {
    expect(await check(await issuer.sign(claims()))).toEqual(claims());
  });

  it.each([
    ['of another issuer', 'iss', { iss: 'https://attacker.example' }, {}],
    ['for another client', 'aud', { aud: 'another-app' }, {}],
    ['for nobody', 'aud', { aud: undefined }, {}],
    ['for several with no authorized party', 'azp', { aud: ['my-app', 'another-app'] }, {}],
    ['with another authorized party', 'azp', { azp: 'another-app' }, {}],
    ['about nobody', 'sub', { sub: undefined }, {}],
    ['with no time of issue', 'iat', { iat: undefined }, {}],
    ['of the future', 'iat', { iat: seconds + 61, exp: seconds + 300 }, {}],
    ['that never expires', 'exp', { exp: undefined }, {}],
    ['that expired', 'exp', { iat: seconds - 400, exp: seconds - 61 }, {}],
    ['that expired when it was issued', 'exp', { exp: seconds - 1 }, {}],
    ['with no nonce', 'nonce', { nonce: undefined }, {}],
    ['of another login', 'nonce', { nonce: 'another nonce' }, {}],
    ['of another access token', 'at_hash', { at_hash: 'another' }, {}],
    ['that does not say when the end-user logged in', 'auth_time', { auth_time: undefined }, { maxAge: '60' }],
    ['of an end-user who logged in too long ago', 'auth_time', { auth_time: seconds - 962 }, { maxAge: '60' }],
  ])(
    'given one %s, when it is checked, then it is refused for its %s',
    async (_, reason, changes, expected: Partial<ExpectedIdToken>) => {
      const token = await issuer.sign({ ...claims(), ...changes } as ReturnType<typeof claims>);

      expect(await caught(check(token, expected))).toMatchObject({ code: 'id_token_invalid', reason });
    },
  );

  it('given a login that may be a minute old, when it took 15 minutes from then on, then its ID token is right', async () => {
    const token = await issuer.sign({ ...claims(), auth_time: seconds - 961 });

    expect(await check(token, { maxAge: '60' })).toMatchObject({ auth_time: seconds - 961 });
  });

  it.each<[string, string, { readonly head?: object; readonly claims?: object }]>([
    ['payload was altered', 'signature', { claims: { sub: 'somebody else' } }],
    ['header says none', 'alg', { head: { alg: 'none', kid: 'one' } }],
    ['header says HS256', 'alg', { head: { alg: 'HS256', kid: 'one' } }],
    ['header says constructor', 'alg', { head: { alg: 'constructor', kid: 'one' } }],
  ])('given one whose %s, when it comes, then it is refused for its %s', async (_, reason, { head, claims: said }) => {
    const [header, payload, signature] = (await issuer.sign(claims())).split('.');
    const altered = [head ? part(head) : header, said ? part({ ...claims(), ...said }) : payload, signature];

    expect(await caught(check(altered.join('.')))).toMatchObject({ reason });
  });

  it.each(['', '.', '..', 'a.b.c', '....', 'not a token'])('given %j, then it is refused', async (text) => {
    expect((await caught(check(text))).code).toBe('id_token_invalid');
  });

  it('given one by a key that the issuer does not have, when it is checked, then it is refused, and made-up keys cost no requests', async () => {
    const token = await issuer.sign(claims(), { kid: 'another' });
    await check(await issuer.sign(claims()));
    const before = issuer.asked.length;

    const errors = await Promise.all([caught(check(token)), caught(check(token))]);

    expect(errors.map(({ reason }) => reason)).toEqual(['kid', 'kid']);
    expect(issuer.asked).toHaveLength(before);
  });

  it('given a clock that nobody knows, when it is checked, then one of this login passes, and one that ends before it begins does not', async () => {
    const old = { ...claims(), iat: 1_000, exp: 1_300 };

    expect(await check(await issuer.sign(old), { now: undefined })).toMatchObject({ iat: 1_000 });
    expect(await caught(check(await issuer.sign({ ...old, exp: 999 }), { now: undefined }))).toMatchObject({
      reason: 'exp',
    });
  });

  it('given a refresh, when its ID token is about somebody else or older than the former, then it is refused', async () => {
    const former = claims();
    const fresh = (changes: object) => issuer.sign({ ...former, ...changes });
    const follow = { former, nonce: undefined };

    expect(await caught(check(await fresh({ sub: 'user1' }), follow))).toMatchObject({ reason: 'sub' });
    expect(await caught(check(await fresh({ iat: former.iat - 1 }), follow))).toMatchObject({ reason: 'iat' });
    expect(await check(await fresh({ iat: former.iat }), follow)).toMatchObject({ sub: 'user0' });
  });
});

describe('discovery', () => {
  const issuer = fixture(startIssuer);

  it.each([
    ['metadata of another issuer', { issuer: 'https://attacker.example' }],
    ['metadata without an endpoint', { token_endpoint: undefined }],
    ['an endpoint that is a script', { authorization_endpoint: 'javascript:alert(1)' }],
    ['a page of logout that is a script', { end_session_endpoint: 'javascript:alert(1)' }],
    ['an endpoint that is no URL', { revocation_endpoint: 7 }],
  ])('given %s, when it is read, then it is refused, and read again the next time', async (_, changes) => {
    const { metadata } = issuer;
    const discovery = createDiscovery({ issuer: issuer.url });
    issuer.metadata = { ...metadata, ...changes };

    const error = await caught(discovery.metadata());
    issuer.metadata = metadata;

    expect(error.code).toBe('metadata_invalid');
    expect(await discovery.metadata()).toEqual(metadata);
  });

  it('given an issuer by https, when an endpoint of it is in the clear, then its metadata is refused', async () => {
    const url = 'https://login.example.com';
    const metadata = {
      issuer: url,
      authorization_endpoint: url,
      token_endpoint: 'http://login.example.com',
      jwks_uri: url,
    };
    const discovery = createDiscovery({ issuer: url, fetch: async () => Response.json(metadata) });

    expect((await caught(discovery.metadata())).code).toBe('metadata_invalid');
  });

  it('given a server that is not there, when its metadata is read, then the error says so and what to do', async () => {
    const error = await caught(createDiscovery({ issuer: 'http://localhost:1' }).metadata());

    expect(error.code).toBe('service_unreachable');
    expect(error.cause).toBeUndefined();
    expect(error.advice).toContain('Try again');
  });

  it('given a key that was rotated in, when a token by it comes a minute later, then the keys are asked for again', async () => {
    let at = now;
    const discovery = createDiscovery({ issuer: issuer.url, now: () => at });
    await discovery.key('one', 'RS256');
    issuer.keys = [...issuer.keys, { kty: 'RSA', kid: 'two', alg: 'RS256' }];

    const early = await discovery.key('two', 'RS256');
    at += 60_001;
    const late = await discovery.key('two', 'RS256');

    expect([early, late?.kid]).toEqual([undefined, 'two']);
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { dpop, memoryKeys } from '../../src/index.ts';
import { introspection, protectedResource, ResourceError } from '../../src/server/index.ts';
import { testIssuer, type TestTokenOptions, tokenFlaws } from '../../src/testing/index.ts';

const resource = 'https://api.example.com';
const now = 1_800_000_000;
const issuer = testIssuer({ resource, now: () => now * 1000 });
const notes = protectedResource({
  issuer: issuer.issuer,
  resource,
  fetch: issuer.fetch,
  now: () => now * 1000,
  introspect: introspection({ issuer: issuer.issuer, clientId: 'api', clientSecret: 'any', fetch: issuer.fetch }),
});

/** Why a request with the headers is refused; undefined when it is served. */
async function refused(headers: Readonly<Record<string, string>>, url = '/'): Promise<string | undefined> {
  try {
    await notes.authorize({ method: 'GET', url, headers });
    return undefined;
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error;
    return error.reason;
  }
}

describe('the tokens of a test issuer', () => {
  it('given no options, when a token is verified, then it is of an end-user who has just logged in', async () => {
    expect(await notes.verify(await issuer.token(), { maxAge: 0 })).toMatchObject({
      subject: 'user0',
      clientId: 'test-client',
      actsForItself: false,
      scopes: [],
      authTime: now,
      acr: undefined,
      expiresAt: now + 900,
      jkt: undefined,
    });
  });

  it('given all options, when a token is verified, then it has what they say', async () => {
    const token = await issuer.token({
      sub: 'alice',
      clientId: 'my-app',
      scopes: ['notes:read', 'notes:write'],
      acr: 'phr',
      authTime: now - 60,
      expiresIn: 60,
      audience: [resource, 'https://other.example.com'],
      claims: { tenant: 'acme', amr: ['hwk'] },
    });

    expect(await notes.verify(token)).toMatchObject({
      subject: 'alice',
      clientId: 'my-app',
      scopes: ['notes:read', 'notes:write'],
      acr: 'phr',
      authTime: now - 60,
      expiresAt: now + 60,
      claims: { tenant: 'acme', amr: ['hwk'] },
    });
  });

  it('given a client’s own token, when it is verified, then no end-user has logged in for it', async () => {
    expect(await notes.verify(await issuer.token({ sub: 'my-report', clientId: 'my-report' }))).toMatchObject({
      actsForItself: true,
      authTime: undefined,
    });
  });

  it('given two tokens, when they are read, then each has a name of its own, and both say that they are of a test', async () => {
    const tokens = [await issuer.token(), await issuer.token()];

    expect(new Set(tokens.map((each) => decodeJwt(each).jti)).size).toBe(2);
    expect(tokens.map((each) => decodeProtectedHeader(each).kid)).toEqual(['only-for-tests', 'only-for-tests']);
  });

  it.each<[string, TestTokenOptions]>([
    ...tokenFlaws.map((flaw): [string, TestTokenOptions] => [flaw, { flaw }]),
    ['no expiry', { claims: { exp: undefined } }],
    ['a negative lifetime', { expiresIn: -6 }],
    ['another audience by name', { audience: 'https://other.example.com' }],
    ['no client', { claims: { client_id: undefined } }],
  ])('given a token with %s, when it is shown, then it is refused', async (_, options) => {
    expect(await refused(await issuer.headers(options))).toMatch(/^access_token_(?:invalid|expired)$/);
  });

  it('given a flaw, when its token is compared with a good one, then nothing else is wrong with it', async () => {
    const outcomes = await Promise.all(tokenFlaws.map(async (flaw) => refused(await issuer.headers({ flaw }))));

    expect(Object.fromEntries(tokenFlaws.map((flaw, index) => [flaw, outcomes[index]]))).toEqual({
      expired: 'access_token_expired',
      other_issuer: 'access_token_invalid',
      other_audience: 'access_token_invalid',
      other_key: 'access_token_invalid',
      other_type: 'access_token_invalid',
    });
  });

  it('given a token that is revoked, when it is shown, then it is refused, and the others are served', async () => {
    const [one, other] = [await issuer.token(), await issuer.token()];
    issuer.revoke(one);

    expect(await refused({ authorization: `Bearer ${one}` })).toBe('access_token_revoked');
    expect(await refused({ authorization: `Bearer ${other}` })).toBeUndefined();
  });

  it('given the token of another test issuer of the same name, when it is shown, then it is refused', async () => {
    const namesake = testIssuer({ resource, now: () => now * 1000 });

    expect(await refused(await namesake.headers())).toBe('access_token_invalid');
  });
});

describe('tokens that are bound to a key', () => {
  const key = dpop({ keys: memoryKeys(), now: () => now * 1000 });

  it('given a path, when its request comes with the headers, then it is served', async () => {
    const headers = await issuer.headers({ dpop: key, url: '/notes?page=2' });

    expect(await refused(headers, '/notes?page=2')).toBeUndefined();
  });

  it.each<[string, string, (headers: Record<string, string>) => Promise<Record<string, string>>]>([
    ['for another path', 'dpop_proof_invalid', async () => issuer.headers({ dpop: key, url: '/other' })],
    ['for another method', 'dpop_proof_invalid', async () => issuer.headers({ dpop: key, method: 'POST' })],
    ['that is missing', 'dpop_proof_missing', async ({ authorization = '' }) => ({ authorization })],
    [
      'by another key',
      'dpop_key_mismatch',
      async ({ authorization = '' }) => {
        const accessToken = authorization.slice('DPoP '.length);
        const other = dpop({ keys: memoryKeys(), now: () => now * 1000 });
        return { authorization, dpop: await other.proof({ method: 'GET', url: `${resource}/`, accessToken }) };
      },
    ],
    [
      'and the scheme of bearer tokens',
      'dpop_required',
      async ({ authorization = '' }) => ({ authorization: authorization.replace('DPoP', 'Bearer') }),
    ],
  ])('given a proof %s, when it comes, then it is refused', async (_, reason, changed) => {
    expect(await refused(await changed(await issuer.headers({ dpop: key })))).toBe(reason);
  });
});

describe('what a test issuer answers', () => {
  it('given any other URL, when it is fetched, then it is 404', async () => {
    expect((await issuer.fetch('https://issuer.test/token', { method: 'POST' })).status).toBe(404);
  });

  it('given an issuer and a resource with a name, when their tokens are shown, then they are of that name', async () => {
    const named = testIssuer({ issuer: 'https://login.example.com/', resource: 'urn:notes' });
    const api = protectedResource({ issuer: named.issuer, resource: named.resource, fetch: named.fetch });

    expect((await api.verify(await named.token())).claims).toMatchObject({
      iss: 'https://login.example.com/',
      aud: ['urn:notes'],
    });
  });
});

describe('a test issuer in production', () => {
  const { NODE_ENV: before } = process.env;
  afterEach(() => {
    process.env['NODE_ENV'] = before;
  });

  it('given NODE_ENV=production, when one is asked for, then there is none', () => {
    process.env['NODE_ENV'] = 'production';

    expect(() => testIssuer({ resource })).toThrow('testIssuer is for tests: NODE_ENV is production');
  });
});

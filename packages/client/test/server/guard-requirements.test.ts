import { describe, expect, it } from '@jest/globals';
import { fixture } from '../../../../test/support/run/fixture.ts';
import { dpop, memoryKeys } from '../../src/index.ts';
import { keyedDpopNonces, protectedResource, type Requirement } from '../../src/server/index.ts';
import { testIssuer, type TestTokenOptions, tokenFlaws } from '../../src/testing/index.ts';
import { frameworks, type Routes } from './frameworks.ts';

const resource = 'https://api.example.com';
const issuer = testIssuer({ resource });
const notes = protectedResource({ issuer: issuer.issuer, resource, fetch: issuer.fetch });

const routes: Routes = {
  '/any': [{ scopes: ['openid'], anyScope: ['notes:read', 'notes:admin'] }],
  '/users/:id': [{ scopes: ['notes:read'], allow: ({ subject }, id) => subject === id }],
  '/later/:id': [{ allow: async ({ subject }, id) => subject === id }],
  // What JavaScript may return, and TypeScript does not allow.
  '/truthy': [{ allow: () => 'yes' as unknown as boolean }],
  '/throws/error': [{ allow: () => Promise.reject(new Error('the database is away')) }],
  '/throws/nothing': [{ allow: () => Promise.reject(undefined) }],
  '/throws/route': [{ allow: () => Promise.reject('route') }],
  '/optional': [{ optional: true, scopes: ['notes:read'], allow: ({ subject }) => subject !== 'banned' }],
  '/required/by-mistake': [{ optional: true }],
  '/both': [{}, { scopes: ['notes:read'] }],
  '/optional-then-required': [{ optional: true }, { scopes: ['notes:read'] }],
};

/** The status, and the challenge if there is one. */
async function outcomeOf(answer: Response | Promise<Response>): Promise<string> {
  const { status, headers } = await answer;
  return `${status} ${headers.get('www-authenticate') ?? ''}`;
}

describe.each(Object.entries(frameworks))('what a guard requires on %s', (_name, framework) => {
  const api = fixture(() => framework.serve(notes, routes));

  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) => fetch(api.url + path, { headers });
  const askWith = async (path: string, options: TestTokenOptions) => ask(path, await issuer.headers(options));

  describe('of scopes of which one suffices', () => {
    it.each([['notes:read'], ['notes:admin'], ['notes:admin notes:read']])(
      'given a token with %s, when the route is asked, then it is served',
      async (scope) => {
        expect((await askWith('/any', { scopes: ['openid', ...scope.split(' ')] })).status).toBe(200);
      },
    );

    it.each([
      ['none of them', ['openid', 'notes:write']],
      ['one of them, and not what is required beside', ['notes:admin']],
    ])('given a token with %s, when the route is asked, then the preferred one is asked for', async (_, scopes) => {
      expect(await outcomeOf(askWith('/any', { scopes }))).toMatch(
        /^403 Bearer error="insufficient_scope", .*, scope="openid notes:read", .*DPoP scope="openid notes:read"/,
      );
    });

    it('given no token, when the route is asked, then the preferred one is asked for', async () => {
      expect(await outcomeOf(ask('/any'))).toMatch(/^401 Bearer scope="openid notes:read", /);
    });
  });

  describe('by a predicate', () => {
    it.each(['/users/user0', '/later/user0'])(
      'given a token that it allows, when %s is asked, then it is served',
      async (path) => {
        const response = await askWith(path, { scopes: ['notes:read'] });

        expect([response.status, await response.json()]).toEqual([200, { of: 'user0' }]);
      },
    );

    it.each(['/users/other', '/later/other', '/truthy'])(
      'given a token that it does not allow, when %s is asked, then it is 403, and no scope is asked for',
      async (path) => {
        expect(await outcomeOf(askWith(path, { scopes: ['notes:read'] }))).toMatch(
          /^403 Bearer error="access_denied", error_description="The access token does not allow this request", resource_metadata="[^"]+", DPoP algs="[^"]+", resource_metadata="[^"]+"$/,
        );
      },
    );

    it('given a token without the scope, when the route is asked, then that is what is missing', async () => {
      expect(await outcomeOf(askWith('/users/other', {}))).toContain('403 Bearer error="insufficient_scope"');
    });

    it.each(['/throws/error', '/throws/nothing', '/throws/route'])(
      'given one that fails, when %s is asked, then it is the application’s 500',
      async (path) => {
        expect(await outcomeOf(askWith(path, {}))).toBe('500 ');
      },
    );
  });

  describe('of a token that is optional', () => {
    it('given no token, when the route is asked, then it is served without', async () => {
      const response = await ask('/optional');

      expect([response.status, await response.json()]).toEqual([200, { of: null }]);
    });

    it('given a good token, when the route is asked, then it is served with it', async () => {
      const response = await askWith('/optional', { scopes: ['notes:read'] });

      expect([response.status, await response.json()]).toEqual([200, { of: 'user0' }]);
    });

    it.each(tokenFlaws)('given a token that is wrong by %s, when the route is asked, then it is 401', async (flaw) => {
      expect(await outcomeOf(askWith('/optional', { flaw, scopes: ['notes:read'] }))).toMatch(
        /^401 Bearer error="invalid_token"/,
      );
    });

    it.each(['Bearer', 'Bearer not-a-token', 'Basic dXNlcjpwYXNz', 'DPoP x', 'x'])(
      'given the header Authorization: %s, when the route is asked, then it is 401',
      async (authorization) => {
        expect((await ask('/optional', { authorization })).status).toBe(401);
      },
    );

    it.each<[string, TestTokenOptions, string]>([
      ['without the scope', {}, 'insufficient_scope'],
      ['that the predicate does not allow', { sub: 'banned', scopes: ['notes:read'] }, 'access_denied'],
    ])('given a token %s, when the route is asked, then it is 403', async (_, options, code) => {
      expect(await outcomeOf(askWith('/optional', options))).toContain(`403 Bearer error="${code}"`);
    });

    it('given a handler that counts on a token, when none comes, then it is 500', async () => {
      expect((await ask('/required/by-mistake')).status).toBe(500);
    });

    it('given a second guard that requires one, when none comes, then it is 401', async () => {
      expect((await ask('/optional-then-required')).status).toBe(401);
    });
  });

  describe('by two guards', () => {
    const key = dpop({ keys: memoryKeys() });
    const proven = (scopes: readonly string[]) => issuer.headers({ dpop: key, url: '/both', scopes });

    it('given a token that is bound to a key, when it comes with one proof, then it is served, and once', async () => {
      const headers = await proven(['notes:read']);

      const first = await ask('/both', headers);
      const second = await ask('/both', headers);

      expect([first.status, await first.json()]).toEqual([200, { of: 'user0' }]);
      expect(await outcomeOf(second)).toMatch(/^401 DPoP error="invalid_dpop_proof"/);
    });

    it('given an API that requires nonces, when a proof has one, then the answer has the next, and so has a refusal for none', async () => {
      const nonces = keyedDpopNonces(new Uint8Array(32));
      const strict = protectedResource({ issuer: issuer.issuer, resource, fetch: issuer.fetch, dpopNonces: nonces });
      const { url, close } = await framework.serve(strict, { '/both': routes['/both'] ?? [] });
      const show = async () => fetch(`${url}/both`, { headers: await proven(['notes:read']) });

      const refused = await show();
      key.observe(resource, refused);
      const served = await show();
      await close();

      expect([refused.status, served.status]).toEqual([401, 200]);
      expect(refused.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"');
      expect(served.headers.get('dpop-nonce')).toMatch(/^[\w-]{43}$/);
    });

    it('given a token without the scope of the second, when it comes, then it is insufficient_scope', async () => {
      expect(await outcomeOf(ask('/both', await proven([])))).toMatch(
        /^403 DPoP error="insufficient_scope", .*, scope="notes:read"/,
      );
    });
  });

  it.each<[string, unknown]>([
    ['a member that does not exist', { scope: 'notes:read' }],
    ['a text', 'notes:read'],
    ['a list', ['notes:read']],
    ['a function', () => true],
    ['null', null],
    ['scopes that are a text', { scopes: 'notes:read' }],
    ['scopes that are null', { scopes: null }],
    ['two scopes in one', { scopes: ['notes:read notes:write'] }],
    ['a scope that ends the header', { anyScope: ['a"'] }],
    ['a scope that is undefined', { scopes: [undefined] }],
    ['a choice of no scope', { anyScope: [] }],
    ['a choice of no class', { acr: [] }],
    ['an age in words', { maxAge: '300' }],
    ['an age below zero', { maxAge: -1 }],
    ['a predicate that is none', { allow: true }],
    ['optional as a text', { optional: 'true' }],
  ])('given %s as a requirement, when the route is declared, then it is a TypeError', (_, wrong) => {
    expect(() => framework.declare(notes, wrong as object)).toThrow(TypeError);
  });
});

describe('a bare token', () => {
  it('given a requirement with a predicate, when a token is verified without a request, then it is a TypeError', async () => {
    const token = await issuer.token();
    const requirement: Requirement = { allow: () => true };

    await expect(notes.verify(token, requirement)).rejects.toThrow(TypeError);
  });
});

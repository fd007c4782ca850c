import { describe, expect, it } from '@jest/globals';
import { Hono } from 'hono';
import type { JWTPayload } from 'jose';
import { accessTokenOf, optionalAccessTokenOf, requireAccessToken as onExpress } from '../../src/server/express.ts';
import { requireAccessToken as onHono } from '../../src/server/hono.ts';
import {
  type AccessToken,
  type AccessTokenClaims,
  type ProtectedResource,
  protectedResource,
} from '../../src/server/index.ts';
import { testIssuer } from '../../src/testing/index.ts';

interface Tenant {
  readonly tenant: string;
}

const issuer = testIssuer({ resource: 'https://api.example.com' });
const options = { issuer: issuer.issuer, resource: issuer.resource, fetch: issuer.fetch };

// The compiler is the test of what is typed: `npm run typecheck:tests`.
describe('the claims of an access token', () => {
  it('given an API with claims of its own, when a token is verified, then they are typed beside the registered ones', async () => {
    const notes = protectedResource<Tenant>(options);

    const { claims } = await notes.verify(await issuer.token({ scopes: ['notes:read'], claims: { tenant: 'acme' } }));

    const own: string = claims.tenant;
    const registered: Pick<AccessTokenClaims, 'client_id' | 'scope'> = claims;
    // @ts-expect-error: no such claim is expected.
    const other: unknown = claims.role;
    expect([own, registered, other]).toEqual(['acme', expect.objectContaining({ scope: 'notes:read' }), undefined]);
  });

  it('given an API without, when a token is verified, then any claim may be there', async () => {
    const { claims } = await protectedResource(options).verify(await issuer.token({ claims: { tenant: 'acme' } }));

    const any: JWTPayload = claims;
    const own: unknown = claims['tenant'];
    // @ts-expect-error: nobody has said of which type it is.
    const text: string = claims['tenant'];
    expect([any.sub, own, text]).toEqual(['user0', 'acme', 'acme']);
  });

  it('given a token whose name is a number, when it is verified, then it is refused, since it is typed as a text', async () => {
    const verified = protectedResource(options).verify(await issuer.token({ claims: { jti: 1 } }));

    await expect(verified).rejects.toMatchObject({ reason: 'access_token_invalid' });
  });

  it('given a request that no guard has seen, when its token is read, then it is a TypeError', () => {
    const notes = protectedResource<Tenant>(options);

    expect(() => accessTokenOf({}, notes).claims.tenant).toThrow(
      'no guard of @tessera/client stands before this route',
    );
    expect(() => optionalAccessTokenOf({})).toThrow(TypeError);
  });

  it('given a guard of one API, when its token is read as one of another, then it is a TypeError', async () => {
    const [one, other] = [protectedResource<Tenant>(options), protectedResource(options)];
    const app = new Hono().get('/', onHono(one), (context) => context.text(accessTokenOf(context, other).subject));
    app.onError((error) => Response.json(error.name, { status: 500 }));

    const response = await app.request('/', { headers: await issuer.headers() });

    expect([response.status, await response.json()]).toEqual([500, 'TypeError']);
  });
});

/** Never run: what programs may and may not write. */
export function typed(notes: ProtectedResource<Tenant>, app: Hono): void {
  onExpress(notes, { allow: ({ claims }, request) => claims.tenant === request.params['tenant'] });
  onExpress(notes, { optional: true, allow: ({ claims }) => claims.tenant.startsWith('acme') });
  // @ts-expect-error: no such claim is expected.
  onExpress(notes, { allow: ({ claims }) => claims.role === 'admin' });
  // @ts-expect-error: no such member.
  onExpress(notes, { scope: 'notes:read' });
  // @ts-expect-error: a predicate answers true or false.
  onExpress(notes, { allow: () => 'yes' });
  app.get('/', onHono(notes), (context) => context.text(context.get('accessToken').claims.tenant));
  app.get('/', onHono(notes, { allow: ({ claims }, { req }) => claims.tenant === req.param('tenant') }));
  app.get('/', onHono(notes, { optional: true }), (context) => {
    const accessToken: AccessToken<Tenant> | undefined = context.get('accessToken');
    // @ts-expect-error: there may be none.
    return context.text(context.get('accessToken').subject + String(accessToken));
  });
}

import { beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { newDpopKey } from '../../../../test/support/clients/dpop.ts';
import { fixture } from '../../../../test/support/run/fixture.ts';
import { startService } from '../../../../test/support/service/service.ts';
import { type ProtectedResource, ResourceError } from '../../src/server/index.ts';
import { testApi } from './api.ts';

let token: string;
const service = fixture(startService);
const api = fixture(() => testApi(service));
const notes = fixture(() => api.resource());
const key = fixture(() => newDpopKey(service.clock));
beforeAll(async () => {
  token = await api.accessToken({ key });
});

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A text of three parts, of which each is JSON that nobody should send. */
const jwt = fc
  .tuple(
    fc.record(
      {
        alg: fc.oneof(fc.constantFrom('none', 'HS256', 'RS256', 'ES256', 'EdDSA', 'dir', ''), fc.jsonValue()),
        typ: fc.oneof(fc.constantFrom('at+jwt', 'dpop+jwt', 'JWT'), fc.jsonValue()),
        kid: fc.jsonValue(),
        crit: fc.jsonValue(),
        jwk: fc.oneof(
          fc.constantFrom({ kty: 'oct', k: '' }, { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }),
          fc.jsonValue(),
        ),
        jku: fc.webUrl(),
        b64: fc.boolean(),
        zip: fc.constant('DEF'),
      },
      { requiredKeys: [] },
    ),
    fc.oneof(
      fc.record(
        {
          iss: fc.jsonValue(),
          aud: fc.jsonValue(),
          exp: fc.jsonValue(),
          cnf: fc.jsonValue(),
          htu: fc.oneof(fc.webUrl(), fc.string()),
          iat: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
      fc.jsonValue(),
    ),
    fc.base64String({ maxLength: 100 }),
  )
  .map(([header, payload, signature]) => `${base64url(header)}.${base64url(payload)}.${signature}`);

const text = fc.oneof(
  jwt,
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('', ' ', '.', '..', '...', 'a'.repeat(100_000), '\r\nset-cookie: a=b', '"', 'Bearer Bearer'),
);

const headerValue = fc.oneof(text, fc.array(text, { maxLength: 3 }));

/** Whatever comes, it is answered as RFC 6750 has it, and the answer quotes nothing of it. */
async function assertRefused(request: Parameters<ProtectedResource['authorize']>[0], secrets: readonly string[]) {
  const error: unknown = await notes.authorize(request).then(
    () => new Error('it was served'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ResourceError)) throw error;
  expect([400, 401]).toContain(error.statusCode);
  const answered = JSON.stringify({ ...error, body: error.body, stack: error.stack, cause: String(error.cause) });
  for (const secret of secrets) expect(answered).not.toContain(secret);
  const response = error.toResponse();
  expect(response.headers.get('www-authenticate')).toMatch(/^(Bearer|DPoP) [ -~]+$/);
}

describe('requests of strangers', () => {
  it('given any header Authorization, when a route is asked, then it is a 400 or 401 that quotes nothing', async () => {
    const scheme = fc.constantFrom('Bearer ', 'bearer  ', 'DPoP ', 'dpop\t', 'Basic ', 'BearerX ', '');
    await fc.assert(
      fc.asyncProperty(scheme, headerValue, headerValue, async (prefix, value, dpop) => {
        const authorization = typeof value === 'string' ? `${prefix}${value}` : value;
        const long = [value, dpop].flat().filter((each) => each.length > 60);
        await assertRefused({ method: 'GET', url: '/notes', headers: { authorization, dpop } }, long);
      }),
    );
  });

  it('given the token of an end-user without its key, when any proof comes, then it is a 401 that quotes nothing', async () => {
    const url = fc.oneof(fc.constant('/notes'), fc.webUrl(), fc.string());
    await fc.assert(
      fc.asyncProperty(headerValue, url, async (dpop, target) => {
        await assertRefused({ method: 'GET', url: target, headers: { authorization: `DPoP ${token}`, dpop } }, [token]);
      }),
    );
  });

  it('given a good token and proof, when any one character is changed, then it is not served', async () => {
    const proof = await key.proof({ method: 'GET', url: `${api.origin}/notes`, accessToken: token });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.constantFrom('A', 'z', '0', '-', '.', ' '),
        fc.boolean(),
        async (at, by, inProof) => {
          const [changedProof, changedToken] = inProof
            ? [change(proof, at, by), token]
            : [proof, change(token, at, by)];
          fc.pre((inProof ? changedProof !== proof : changedToken !== token) && !isSameSignature(changedProof, proof));
          fc.pre(!isSameSignature(changedToken, token));
          await assertRefused(
            { method: 'GET', url: '/notes', headers: { authorization: `DPoP ${changedToken}`, dpop: changedProof } },
            [changedToken],
          );
        },
      ),
    );
  });
});

function change(value: string, at: number, by: string): string {
  const index = at % value.length;
  return `${value.slice(0, index)}${by}${value.slice(index + 1)}`;
}

/** The last character of base64url may hold bits that count for nothing. */
function isSameSignature(one: string, other: string): boolean {
  const [left, right] = [one, other].map((each) => each.split('.').map((part) => Buffer.from(part, 'base64url')));
  return (
    one !== other &&
    left?.length === right?.length &&
    left?.every((part, index) => right?.[index]?.equals(part)) === true
  );
}

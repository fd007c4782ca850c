import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { accountRequest, interruptedRequest, resumeLocation } from './interrupted-request';

const issuer = 'https://auth.example';
const settings = { comparison: true };

describe('the way on from a login', () => {
  it('given no request, when an end-user has logged in, then they go to the start page', () => {
    expect(resumeLocation('', settings)).toBe('/');
  });

  it('given no request and no comparison, when an end-user has logged in, then they go to a page that is there', () => {
    expect(resumeLocation('', { comparison: false })).toBe('/docs');
  });

  it('given the account’s page, when an end-user has logged in, then they go there', () => {
    expect(resumeLocation(accountRequest, settings)).toBe('/account');
  });

  it('given any text as a request, when an end-user has logged in, then they stay on /authorize or the start page', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (request) => {
        const location = resumeLocation(request, settings);

        const { origin, pathname } = new URL(location, issuer);
        expect(origin).toBe(issuer);
        expect(pathname).toBe(request === '' ? '/' : '/authorize');
        expect(location).toMatch(/^[\x21-\x7e]+$/);
      }),
    );
  });

  it('given any parameters, when an end-user has logged in, then each goes on as it came and in its order', () => {
    const parameter = fc
      .tuple(fc.string({ minLength: 1 }), fc.string())
      .filter(([name]) => !/^(prompt|max_age)$/.test(name));
    fc.assert(
      fc.property(fc.array(parameter, { minLength: 1 }), (parameters) => {
        const query = new URLSearchParams(parameters).toString();

        const { searchParams } = new URL(resumeLocation(query, settings), issuer);

        expect([...searchParams]).toEqual([...new URLSearchParams(query)]);
      }),
    );
  });

  it('given 8192 characters, when they are read, then they are taken, and one more is request_too_long', () => {
    expect(interruptedRequest('s'.repeat(8_192))).toHaveLength(8_192);
    expect(() => interruptedRequest('s'.repeat(8_193))).toThrow(
      expect.objectContaining({ reason: 'request_too_long' }),
    );
  });
});

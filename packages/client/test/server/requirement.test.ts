import { describe, expect, it } from '@jest/globals';
import { fixture } from '../../../../test/support/run/fixture.ts';
import { protectedResource, type Requirement, ResourceError } from '../../src/server/index.ts';
import { startIssuer } from '../support/issuer.ts';

const now = 1_800_000_000;
const identifier = 'https://api.example.com';

describe('what an operation requires of the login', () => {
  const issuer = fixture(startIssuer);
  const resource = fixture(() =>
    protectedResource({ issuer: issuer.url, resource: identifier, now: () => now * 1000, clockTolerance: 5 }),
  );

  /** The reason for which a token with the claims is refused; undefined when it is served. */
  async function refused(claims: object, requirement: Requirement): Promise<string | undefined> {
    const token = await issuer.sign(
      {
        iss: issuer.url,
        aud: identifier,
        sub: 'user0',
        client_id: 'my-app',
        iat: now,
        exp: now + 900,
        jti: 'one',
        scope: 'notes:read',
        ...claims,
      },
      { typ: 'at+jwt' },
    );
    const headers = { authorization: `Bearer ${token}` };
    try {
      const { accessToken } = await resource.authorize({ method: 'GET', url: '/', headers }, requirement);
      expect(await resource.verify(token, requirement)).toEqual(accessToken);
      return undefined;
    } catch (error) {
      if (!(error instanceof ResourceError)) throw error;
      return `${error.reason}: ${error.headers['www-authenticate']?.replace(/, resource_metadata=.*/, '')}`;
    }
  }

  const tooOld = 'login_too_old: Bearer error="insufficient_user_authentication", error_description="More recent ';
  const otherLevel =
    'acr_insufficient: Bearer error="insufficient_user_authentication", error_description="A different ';

  it.each<[string, object, Requirement]>([
    ['of the class', { acr: 'phr' }, { acr: 'phr' }],
    ['of a class among others', { acr: 'phr' }, { acr: ['phrh', 'phr'] }],
    ['as old as is allowed', { auth_time: now - 60 }, { maxAge: 60 }],
    ['older by no more than clocks may differ', { auth_time: now - 65 }, { maxAge: 60 }],
    ['of this second', { auth_time: now }, { maxAge: 0 }],
    ['without either, where neither is required', {}, { scopes: ['notes:read'] }],
  ])('given a login %s, when its token is shown, then it is served', async (_, claims, requirement) => {
    expect(await refused(claims, requirement)).toBeUndefined();
  });

  it.each<[string, object, Requirement, expected: string]>([
    ['without a class', {}, { acr: 'phr' }, `${otherLevel}authentication level is required", acr_values="phr"`],
    [
      'of another class',
      { acr: '0' },
      { acr: ['phrh', 'phr'] },
      `${otherLevel}authentication level is required", acr_values="phrh phr"`,
    ],
    ['with the class in a list', { acr: ['phr'] }, { acr: 'phr' }, otherLevel],
    ['too old', { auth_time: now - 66 }, { maxAge: 60 }, `${tooOld}authentication is required", max_age="60"`],
    ['without a time, as a client’s own token has none', {}, { maxAge: 999_999_999 }, tooOld],
    ['whose time is a text', { auth_time: String(now) }, { maxAge: 60 }, tooOld],
    [
      'of the class that is too old',
      { acr: 'phr', auth_time: 0 },
      { acr: 'phr', maxAge: 60 },
      `${tooOld}authentication is required", acr_values="phr", max_age="60"`,
    ],
    ['without the class or the scope', {}, { acr: 'phr', scopes: ['notes:write'] }, 'scope_insufficient: '],
  ])('given a login %s, when its token is shown, then it is refused', async (_, claims, requirement, expected) => {
    expect(await refused(claims, requirement)).toContain(expected);
  });

  it('given a token that is not valid, when it is shown, then no other login is asked for', async () => {
    expect(await refused({ exp: now - 60, iat: now - 960 }, { acr: 'phr', maxAge: 60 })).toMatch(
      /^access_token_expired: (?!.*(?:acr_values|max_age))/,
    );
  });

  it.each<Requirement>([
    { acr: '' },
    { acr: 'phr", error="' },
    { acr: ['phr', 'a b'] },
    { maxAge: -1 },
    { maxAge: 1.5 },
    { maxAge: NaN },
  ])('given the requirement %j, which fits into no header, when it is used, then it is a TypeError', async (wrong) => {
    await expect(refused({}, wrong)).rejects.toThrow(TypeError);
  });
});

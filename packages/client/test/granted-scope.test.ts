import { describe, expect, it } from '@jest/globals';
import { createClient, memoryStorage } from '../src/index.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { caught } from './support/caught.ts';
import { startIssuer } from './support/issuer.ts';

const redirectUri = 'https://app.example.com/callback';

describe('a token answer', () => {
  const issuer = fixture(startIssuer);

  /** A login that asked for a scope, and is answered with no ID token. */
  async function finished(scope: string, answer: object) {
    const client = createClient({
      issuer: issuer.url,
      clientId: 'my-app',
      redirectUri,
      scope: 'openid notes:read',
      tokens: memoryStorage(),
      fetch: async (url, init) =>
        init?.method === 'POST'
          ? Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 900, ...answer })
          : fetch(url, init),
    });
    const state = new URL(await client.begin({ scope })).searchParams.get('state') ?? '';
    return { client, finishing: client.finish(`${redirectUri}?${new URLSearchParams({ code: 'a-code', state })}`) };
  }

  it.each([
    ['no scope', {}, ['notes:read', 'notes:write']],
    ['the scope null', { scope: null }, ['notes:read', 'notes:write']],
    ['less', { scope: 'notes:read' }, ['notes:read']],
    ['an empty scope', { scope: '' }, []],
  ])('given %s in it, when the login is finished, then that tells what was granted', async (_, answer, granted) => {
    const { finishing } = await finished('notes:read notes:write', answer);

    expect((await finishing).tokens.scope).toEqual(granted);
  });

  it.each([
    ['no scope', {}],
    ['the scope openid', { scope: 'openid' }],
  ])('given %s and no ID token, when openid was asked for, then the login is refused', async (_, answer) => {
    const { client, finishing } = await finished('openid notes:read', answer);

    expect((await caught(finishing)).code).toBe('id_token_invalid');
    expect(await client.tokens()).toBeUndefined();
  });
});

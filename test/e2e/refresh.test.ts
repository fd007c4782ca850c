import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { newSecret } from '../../src/domain/credentials/secret';
import { askWith, basic, codeFor, type Fields, loggedIn, redeem, refresh } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';
import type { Answer } from '../support/clients/wallet';

const tokenOf = ({ body }: Answer) => body['refresh_token'];

// When a refresh token is good, and for what, is tested at its flow (refresh.flow.test.ts); here is what a client sees of it.
describe.each(bothStores)('/token for a refresh token on %s', (store) => {
  const service = fixture(() => startService(store));
  const browser = fixture(() => loggedIn(service));

  const reused = {
    error: 'invalid_grant',
    error_description: 'Refresh token already used',
    reason: 'refresh_token_reused',
  };
  const revoked = { error: 'invalid_grant', reason: 'refresh_token_revoked' };
  const meWith = async ({ body }: Answer) => (await askWith(service, body['access_token'])).status;

  /** The tokens of a login that nobody else uses. */
  async function login(changes: Fields = {}): Promise<Answer> {
    const query = { scope: 'openid profile offline_access', ...changes };
    return redeem(service, await codeFor(service, browser, query));
  }

  it('given a refresh token, when it is used, then it gives a successor and fresh tokens of the same grant', async () => {
    const first = await login({ nonce: 'nonce-of-the-client' });

    const next = await refresh(service, tokenOf(first));

    expect(next.status).toBe(200);
    expect(next.headers.get('cache-control')).toBe('no-store');
    expect(Object.keys(next.body).toSorted()).toEqual(Object.keys(first.body).toSorted());
    expect(next.body['scope']).toBe('openid profile offline_access');
    expect(tokenOf(next)).not.toBe(tokenOf(first));
    const [before, after] = [first, next].map(({ body }) => decodeJwt(String(body['id_token'])));
    // Source: OpenID Connect Core §12.2.
    expect(after).toMatchObject({
      sub: before?.sub,
      iss: before?.iss,
      aud: before?.aud,
      auth_time: before?.['auth_time'],
    });
    expect(await meWith(first)).toBe(200);
    expect(await meWith(next)).toBe(200);
  });

  it('given a lost answer, when the latest rotation is repeated within 10 s, then it is the same successor', async () => {
    const first = await login();
    const rotated = await refresh(service, tokenOf(first));
    service.clock.advance(9_000);

    const repeat = await refresh(service, tokenOf(first));

    expect(repeat.status).toBe(200);
    expect(tokenOf(repeat)).toBe(tokenOf(rotated));
    expect(repeat.body['access_token']).not.toBe(rotated.body['access_token']);
    expect(await meWith(repeat)).toBe(200);
    expect((await refresh(service, tokenOf(rotated))).status).toBe(200);
  });

  it('given a rotation over 10 s ago, when its token is used again, then the whole grant is revoked', async () => {
    const [first, other] = [await login(), await login()];
    const rotated = await refresh(service, tokenOf(first));
    service.clock.advance(10_500);

    const again = await refresh(service, tokenOf(first));

    expect(again.status).toBe(400);
    expect(again.body).toEqual(reused);
    expect((await refresh(service, tokenOf(rotated))).body).toMatchObject(revoked);
    expect([await meWith(first), await meWith(rotated), await meWith(other)]).toEqual([401, 401, 200]);
    expect((await refresh(service, tokenOf(other))).status).toBe(200);
  });

  it('given a narrower scope, when it is asked for, then the access token has it and the family keeps its own', async () => {
    const narrow = await refresh(service, tokenOf(await login()), { scope: 'profile' });
    const wide = await refresh(service, tokenOf(narrow));

    expect(narrow.body['scope']).toBe('profile');
    expect(narrow.body).not.toHaveProperty('id_token');
    expect(decodeJwt(String(narrow.body['access_token']))['scope']).toBe('profile');
    expect(wide.body['scope']).toBe('openid profile offline_access');
  });

  it.each(['admin', 'admin email', 'profile'])(
    'given a scope of which nothing was granted (%s), when it is asked for, then nothing is spent',
    async (scope) => {
      const first = await login({ scope: 'openid offline_access' });

      const wider = await refresh(service, tokenOf(first), { scope });

      expect(wider.status).toBe(400);
      expect(wider.body).toMatchObject({ error: 'invalid_scope', reason: 'scope_exceeds_grant' });
      expect((await refresh(service, tokenOf(first))).status).toBe(200);
    },
  );

  describe('a refusal', () => {
    const unknown = { error: 'invalid_grant', reason: 'refresh_token_unknown' };

    it.each([
      ['no token', { refresh_token: undefined }, { error: 'invalid_request', reason: 'refresh_token_required' }, 400],
      ['an unknown token', { refresh_token: newSecret() }, unknown, 400],
      ['another client', { client_id: 'demo-partner' }, unknown, 400],
      ['an unknown client', { client_id: 'nobody' }, { error: 'invalid_client' }, 401],
      ['no client', { client_id: undefined }, { error: 'invalid_client' }, 401],
    ])(
      'given %s, when it is used, then it is refused and nothing is spent',
      async (_case, changes: Fields, expected: object, status) => {
        const first = await login();

        const attempt = await refresh(service, tokenOf(first), changes);

        expect(attempt.status).toBe(status);
        expect(attempt.headers.get('cache-control')).toBe('no-store');
        expect(attempt.body).toMatchObject(expected);
        expect((await refresh(service, tokenOf(first))).status).toBe(200);
      },
    );

    it('given a spent token, when another client shows it, then the family lives on', async () => {
      const first = await login();
      const second = await refresh(service, tokenOf(first));
      service.clock.advance(10_500);

      const attempt = await refresh(service, tokenOf(first), { client_id: 'demo-partner' });

      expect(attempt.body).toMatchObject(unknown);
      expect((await refresh(service, tokenOf(second))).status).toBe(200);
    });

    it('given a confidential client, when it does not authenticate, then it is refused', async () => {
      const headers = basic('demo-client', 'demo-secret');
      const code = await codeFor(service, browser, { client_id: 'demo-client', scope: 'offline_access' });
      const first = await redeem(service, code, { client_id: undefined }, headers);

      const attempt = await refresh(service, tokenOf(first), { client_id: 'demo-client' });

      expect(attempt.status).toBe(401);
      expect(
        (await refresh(service, tokenOf(first), { client_id: 'demo-client', client_secret: 'demo-secret' })).status,
      ).toBe(200);
    });
  });
});

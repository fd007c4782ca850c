import { describe, expect, it } from '@jest/globals';
import { createDiscovery, type TokenSet } from '@tessera/client';
import { logIn, logInByWallet } from '../support/clients/logged-in-client';
import { askWith, codeFor, loggedIn, redeem, refresh } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';
import { newAccount } from '../support/clients/wallet';

const limit = 50;

describe.each(bothStores)('the live grants of one subject at one client on %s', (store) => {
  const service = fixture(() => startService(store));
  const browser = fixture(() => loggedIn(service));
  const discovery = fixture(() => createDiscovery({ issuer: service.url }));

  const begin = async (clientScope: string) => {
    service.clock.advance(1);
    return (await logIn(service, browser, { scope: clientScope, discovery })).tokens;
  };
  const statusOf = async (token: unknown) => (await askWith(service, token)).status;

  it('given 52 logins with and 52 without a refresh token, when they are counted, then the 50 newest of each live', async () => {
    const [online, offline] = [[] as TokenSet[], [] as TokenSet[]];
    for (let login = 0; login < limit + 2; login += 1) {
      online.push(await begin('openid'));
      offline.push(await begin('openid offline_access'));
    }

    for (const given of [online, offline]) {
      const statuses = await Promise.all(given.map(({ accessToken }) => statusOf(accessToken)));
      expect(statuses).toEqual([401, 401, ...Array.from({ length: limit }, () => 200)]);
    }
    expect((await refresh(service, offline[0]?.refreshToken)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await refresh(service, offline[2]?.refreshToken)).status).toBe(200);
  });

  it('given a subject at its limit, when another subject, or the same one at another client, logs in, then nobody loses anything', async () => {
    const newest = await begin('openid');
    const ofAnother = await logInByWallet(service, newAccount());
    const confidential = { clientId: 'demo-client', clientSecret: 'demo-secret' };
    const { tokens: elsewhere } = await logIn(service, browser, { ...confidential, discovery });

    const alive = await Promise.all([newest, ofAnother, elsewhere].map(({ accessToken }) => statusOf(accessToken)));

    expect(alive).toEqual([200, 200, 200]);
  });

  it.each([60, 120])(
    'given %i logins at once, when all have been answered, and one more is, then at most 50 live',
    async (logins) => {
      const owner = newAccount();
      const tokens = await Promise.all(Array.from({ length: logins }, () => logInByWallet(service, owner)));
      const living = async () => {
        const statuses = await Promise.all(tokens.map(({ accessToken }) => statusOf(accessToken)));
        return { count: statuses.filter((status) => status === 200).length, last: statuses.at(-1) };
      };

      const afterAll = await living();
      service.clock.advance(1);
      tokens.push(await logInByWallet(service, owner));
      const afterOneMore = await living();

      // On MongoDB one that found newer ones beside it may have ended another in its place, and have been ended then.
      const fewest = store === 'lmdb' ? limit : limit - 10;
      expect(afterAll.count).toBeLessThanOrEqual(limit);
      expect(afterOneMore.count).toBeLessThanOrEqual(limit);
      expect(afterOneMore.count).toBeGreaterThanOrEqual(fewest);
      expect(afterOneMore.last).toBe(200);
    },
  );

  it('given a code whose grant was ended so, when it is replayed, then it is told as used', async () => {
    const code = await codeFor(service, browser, { scope: 'openid' });
    await redeem(service, code);
    for (let login = 0; login < limit; login += 1) await begin('openid');

    const replay = await redeem(service, code);

    expect(replay.body).toMatchObject({ reason: 'code_used' });
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashMessage } from 'viem';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { FormerRecords } from '../../src/domain/challenges/former-records';
import { GrantStore } from '../../src/domain/challenges/grant-store';
import { hashSecret } from '../../src/domain/credentials/secret';
import { SigningKeyStore } from '../../src/domain/tokens/signing-key-store';
import { BrowserSession } from '../support/browser-session';
import { type FormerStore, formerStore, issuedNow, movableIn, restore } from '../support/former-store';
import { askWith, authorizationQuery, locationOf, redeem, redirectUri, refresh } from '../support/pkce-login';
import { testKeyEncryptionKey } from '../support/production';
import { startServiceOn, type TestService } from '../support/service';
import { contentsOf } from '../support/store-contents';
import { emptyStore, storesUnderTest, type TestStore } from '../support/stores';
import { type Answer, post } from '../support/wallet';

const tokenOf = ({ body }: Answer) => String(body['refresh_token']);

describe.each(storesUnderTest)('a store of version 0.1 on %s', (name) => {
  let store: TestStore;
  let service: TestService;
  let former: FormerStore;

  // Each test on a store of its own: what one replays, another must find as it was left.
  beforeEach(async () => {
    store = emptyStore(name);
    former = formerStore(name);
    await restore(name, store, former.tables);
    service = await startServiceOn(store);
  });
  afterEach(async () => {
    await service.stop();
    await store.remove();
  });

  const meWith = async (token: string) => askWith(service, await issuedNow(token, former, service.url));
  const statusWith = async (token: string) => (await meWith(token)).status;
  const refreshed = (token: string | undefined, clientId = 'demo-spa') =>
    refresh(service, token, { client_id: clientId });
  const verify = ({ nonce, signature }: { nonce: string; signature: string }) =>
    post(service, '/wallet/verify', { nonce, signature });

  it('given its first start, when the log is read, then it tells what was moved, and a second start moves nothing', async () => {
    const again = await service.app.get(FormerRecords).migrate(Date.now());

    expect(service.log.join('')).toContain(`"records":${movableIn(former.tables)},`);
    expect(again).toBe(0);
  });

  it('given a live code, when it is redeemed, then it gives tokens, once', async () => {
    const { liveCode } = former.logins;

    const answer = await redeem(service, liveCode);
    const again = await redeem(service, liveCode);

    expect(answer.status).toBe(200);
    expect((await askWith(service, answer.body['access_token'])).status).toBe(200);
    expect((await refreshed(tokenOf(answer))).status).toBe(200);
    expect(again.body['reason']).toBe('code_used');
  });

  it('given a live code, when its verifier is wrong, then it is refused and stays', async () => {
    const { liveCode } = former.logins;

    const wrong = await redeem(service, liveCode, { code_verifier: 'v'.repeat(43) });

    expect(wrong.body['reason']).toBe('code_verifier_mismatch');
    expect((await redeem(service, liveCode)).status).toBe(200);
  });

  it('given a live challenge, when it is verified, then it gives tokens, once', async () => {
    const { liveChallenge } = former.logins;

    const answer = await verify(liveChallenge);
    const again = await verify(liveChallenge);

    expect(answer.status).toBe(200);
    expect(answer.body['address']).toBe(liveChallenge.address);
    expect((await refreshed(tokenOf(answer), 'demo-dapp')).status).toBe(200);
    expect(again.body['reason']).toBe('challenge_used');
  });

  it('given live access tokens of every login, when /api/me is asked, then it answers for whom they were issued', async () => {
    const { plain, offline, rotatedTwice, wallet } = former.logins;

    for (const { accessTokens } of [plain, offline, rotatedTwice]) {
      for (const token of accessTokens) {
        const response = await meWith(token);
        expect(response.status).toBe(200);
        expect(await response.json()).toMatchObject({ sub: 'user0' });
      }
    }
    const response = await meWith(wallet.accessTokens[0] ?? '');
    expect(await response.json()).toMatchObject({ sub: `eip155:1:${wallet.address}` });
  });

  it.each(['offline', 'rotatedTwice', 'wallet'] as const)(
    'given the latest refresh token (%s), when it is used, then its family goes on, again and again, until one is reused',
    async (login) => {
      const { refreshTokens, accessTokens } = former.logins[login];
      const client = login === 'wallet' ? 'demo-dapp' : 'demo-spa';

      const first = await refreshed(refreshTokens.at(-1), client);
      const lost = await refreshed(refreshTokens.at(-1), client);
      const second = await refreshed(tokenOf(first), client);
      const third = await refreshed(tokenOf(second), client);
      const alive = await statusWith(accessTokens[0] ?? '');
      const reused = await refreshed(refreshTokens.at(-1), client);

      expect([first.status, second.status, third.status]).toEqual([200, 200, 200]);
      expect(tokenOf(lost)).toBe(tokenOf(first));
      expect(first.body['scope']).toBe('openid profile offline_access');
      expect(alive).toBe(200);
      expect(reused.body['reason']).toBe('refresh_token_reused');
      expect((await refreshed(tokenOf(third), client)).body['reason']).toBe('refresh_token_revoked');
      expect(await statusWith(accessTokens[0] ?? '')).toBe(401);
    },
  );

  it('given a lost answer of the last rotation, when it is repeated within 10 s, then it is the same successor', async () => {
    const { refreshTokens } = former.logins.rotatedTwice;
    const [, previous, latest] = refreshTokens;
    // However long the service has taken to start.
    service.clock.advance(former.takenAt - Date.now());

    const repeated = await refreshed(previous);

    expect(repeated.status).toBe(200);
    expect(tokenOf(repeated)).toBe(latest);
    expect((await refreshed(latest)).status).toBe(200);
  });

  it('given the last rotation, when its token is used again after 10 s, then the family is revoked', async () => {
    const { refreshTokens, accessTokens } = former.logins.rotatedTwice;
    const [, previous, latest] = refreshTokens;
    service.clock.advance(11_000);

    const reused = await refreshed(previous);

    expect(reused.body['reason']).toBe('refresh_token_reused');
    expect((await refreshed(latest)).body['reason']).toBe('refresh_token_revoked');
    expect(await Promise.all(accessTokens.map(statusWith))).toEqual([401, 401, 401]);
  });

  it('given a former token of a family, when it is used at once, then the family is revoked', async () => {
    const { refreshTokens, accessTokens } = former.logins.rotatedTwice;

    const reused = await refreshed(refreshTokens[0]);

    expect(reused.body['reason']).toBe('refresh_token_reused');
    expect((await refreshed(refreshTokens[2])).body['reason']).toBe('refresh_token_revoked');
    expect(await statusWith(accessTokens[2] ?? '')).toBe(401);
  });

  it('given refresh tokens, when another client shows them, then they are unknown and nothing is revoked', async () => {
    const { refreshTokens } = former.logins.rotatedTwice;

    const answers = await Promise.all(refreshTokens.map((token) => refreshed(token, 'demo-partner')));

    expect(answers.map(({ body }) => body['reason'])).toEqual(Array(3).fill('refresh_token_unknown'));
    expect((await refreshed(refreshTokens[2])).status).toBe(200);
  });

  it('given a refresh token that version 0.1 never issued, when it is used, then it is unknown', async () => {
    const { refreshTokens } = former.logins.offline;

    const answers = [await refreshed(hashSecret(refreshTokens[0] ?? '')), await refreshed('A'.repeat(43))];

    expect(answers.map(({ body }) => body['reason'])).toEqual(Array(2).fill('refresh_token_unknown'));
    expect((await refreshed(refreshTokens[0])).status).toBe(200);
  });

  it('given one refresh token, when 50 use it at once, then all get the one successor', async () => {
    const { refreshTokens } = former.logins.offline;

    const answers = await Promise.all(Array.from({ length: 50 }, () => refreshed(refreshTokens[0])));

    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(new Set(answers.map(tokenOf)).size).toBe(1);
    expect((await refreshed(tokenOf(answers[0] as Answer))).status).toBe(200);
  });

  it('given a family of 30 days, when they are over, then its token is expired', async () => {
    service.clock.advance(30 * 24 * 3_600_000 + 1_000);

    const late = await refreshed(former.logins.offline.refreshTokens[0]);

    expect(late.body['reason']).toBe('refresh_token_expired');
  });

  it.each(['reused', 'replayed', 'replayedWallet'] as const)(
    'given what was revoked (%s), when its tokens are used, then they are worth nothing still',
    async (login) => {
      const { refreshTokens, accessTokens } = former.logins[login];
      const client = login === 'replayedWallet' ? 'demo-dapp' : 'demo-spa';

      const latest = await refreshed(refreshTokens.at(-1), client);

      expect(latest.body['reason']).toBe('refresh_token_revoked');
      expect(await Promise.all(accessTokens.map(statusWith))).toEqual(accessTokens.map(() => 401));
    },
  );

  it.each(['plain', 'offline', 'rotatedTwice'] as const)(
    'given a redeemed code (%s), when it is replayed with its verifier, then it is code_used and all its tokens are revoked',
    async (login) => {
      const { code, accessTokens, refreshTokens } = former.logins[login];
      service.clock.advance(60_000);

      const replay = await redeem(service, code);

      expect(replay.body['reason']).toBe('code_used');
      expect(await Promise.all(accessTokens.map(statusWith))).toEqual(accessTokens.map(() => 401));
      if (refreshTokens.length > 0) {
        expect((await refreshed(refreshTokens.at(-1))).body['reason']).toBe('refresh_token_revoked');
      }
    },
  );

  it('given a redeemed code, when it comes again without its proof or from another client, then nothing is revoked', async () => {
    const { code, accessTokens } = former.logins.offline;
    service.clock.advance(60_000);

    const reasons = [
      await redeem(service, code, { code_verifier: 'v'.repeat(43) }),
      await redeem(service, code, { code_verifier: undefined }),
      await redeem(service, code, { client_id: 'demo-partner' }),
    ].map(({ body }) => body['reason']);

    expect(reasons).toEqual(['code_used', 'code_used', 'code_unknown']);
    expect(await statusWith(accessTokens[0] ?? '')).toBe(200);
  });

  it('given a redeemed challenge, when its signature is replayed, then it is challenge_used and all its tokens are revoked', async () => {
    const { wallet, replayedWallet } = former.logins;
    service.clock.advance(60_000);

    const foreign = await verify({ nonce: wallet.nonce, signature: replayedWallet.signature });
    const untouched = await statusWith(wallet.accessTokens[0] ?? '');
    const replay = await verify(wallet);

    expect([foreign, replay].map(({ body }) => body['reason'])).toEqual(['challenge_used', 'challenge_used']);
    expect(untouched).toBe(200);
    expect(await statusWith(wallet.accessTokens[0] ?? '')).toBe(401);
    expect((await refreshed(wallet.refreshTokens[0], 'demo-dapp')).body['reason']).toBe('refresh_token_revoked');
  });

  it('given the grant of a wallet login, when the store is read, then it remembers what was proved', async () => {
    const { nonce, address } = former.logins.wallet;
    const message = former.tables['tombstones']?.find(({ key }) => key === `wallet_challenge:${nonce}`)?.value[
      'message'
    ];

    const grant = await service.app.get(GrantStore).findSuccessor('wallet_challenge', nonce);

    expect(grant).toMatchObject({
      model: 'wallet',
      clientId: 'demo-dapp',
      authentication: { sub: `eip155:1:${address}`, amr: ['pop'], chainId: 1 },
      proof: { wallet: address, chainId: 1, messageHash: hashMessage(String(message)).slice(2) },
    });
  });

  it('given the cookies of its browsers, when they are shown, then they are logged in still', async () => {
    for (const cookie of former.logins.cookies) {
      const headers = { cookie: `tessera_session=${cookie}` };
      const response = await new BrowserSession(service.url).fetch(`/authorize?${authorizationQuery()}`, { headers });

      expect(locationOf(response, service).href).toMatch(new RegExp(`^${redirectUri}\\?code=`));
    }
  });

  describe('of a server that was killed', () => {
    it('given a code and a challenge that it was about to delete, when their owners try again, then they are good, once', async () => {
      const { code, wallet } = former.logins.inDoubt;
      service.clock.advance(60_000);

      const answers = [await redeem(service, code), await verify(wallet)];
      const again = [await redeem(service, code), await verify(wallet)];

      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      for (const { body } of answers) expect((await askWith(service, body['access_token'])).status).toBe(200);
      expect(again.map(({ body }) => body['reason'])).toEqual(['code_used', 'challenge_used']);
    });

    it('given a refresh token that it was about to delete, when its client tries again, however late, then it goes on', async () => {
      const { refreshToken } = former.logins.inDoubt;
      service.clock.advance(60_000);

      const first = await refreshed(refreshToken);
      const second = await refreshed(tokenOf(first));

      expect([first.status, second.status]).toEqual([200, 200]);
    });
  });

  it('given the migrated store, when the service starts again, then all goes on', async () => {
    const { liveCode, rotatedTwice, replayed } = former.logins;
    const first = await refreshed(rotatedTwice.refreshTokens[2]);
    await service.stop();

    service = await startServiceOn(store);

    expect(service.log.join('')).not.toContain('"records":');
    expect((await refreshed(tokenOf(first))).status).toBe(200);
    expect((await refreshed(replayed.refreshTokens[0])).body['reason']).toBe('refresh_token_revoked');
    expect((await redeem(service, liveCode)).status).toBe(200);
    expect(await service.app.get(ChallengeStore).find('authorization_code', hashSecret(liveCode.code))).toBeUndefined();
  });

  it('given the keys of that version, when a start has KEY_ENCRYPTION_KEYS, then they are encrypted, and what they signed is valid', async () => {
    const { plain, offline } = former.logins;
    const plainBefore = (await service.app.get(SigningKeyStore).list()).filter(
      ({ privateJwk }) => typeof privateJwk !== 'string',
    );
    await service.stop();

    service = await startServiceOn(store, { KEY_ENCRYPTION_KEYS: testKeyEncryptionKey });

    const kept = await service.app.get(SigningKeyStore).list();
    expect(kept.map(({ privateJwk }) => typeof privateJwk)).toEqual(['string', 'string']);
    expect(kept.map(({ kid }) => kid)).toEqual(plainBefore.map(({ kid }) => kid));
    expect(service.log.join('')).toContain('"keys":2,"msg":"signing keys were not encrypted until now: rotate them"');
    expect(await statusWith(plain.accessTokens[0] ?? '')).toBe(200);
    expect((await refreshed(offline.refreshTokens[0])).status).toBe(200);
  });

  it('given its demo keys, when production starts on it before or after its migration, then it is refused, and all goes on', async () => {
    await service.stop();
    const production = { NODE_ENV: 'production', ISSUER: 'https://auth.example' };
    const untouched = emptyStore(name);
    await restore(name, untouched, former.tables);
    const before = await contentsOf(name, untouched);

    await expect(startServiceOn(untouched, production)).rejects.toThrow('this one is of development');
    await expect(startServiceOn(store, production)).rejects.toThrow('this one is of development');

    expect(await contentsOf(name, untouched)).toBe(before);
    await untouched.remove();
    service = await startServiceOn(store);
    expect((await redeem(service, former.logins.liveCode)).status).toBe(200);
  });
});

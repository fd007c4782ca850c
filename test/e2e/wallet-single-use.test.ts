import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChallengeStore } from '../../src/challenges/challenge-store';
import { TombstoneStore } from '../../src/challenges/tombstone-store';
import { WalletLogins } from '../../src/wallet/wallet-logins';
import { startService, type TestService } from '../support/service';
import { storesUnderTest } from '../support/stores';
import { challengeFor, me, newAccount, post, signIn } from '../support/wallet';

const callers = 100;

describe.each(storesUnderTest)('the single use of a wallet challenge on %s', (store) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(store);
  });
  afterAll(() => service.stop());

  it('given one challenge, when 100 verify it at once, then one gets tokens and the others are told it is used', async () => {
    const account = newAccount();
    const { nonce, message } = await challengeFor(service, account);
    const signature = await account.signMessage({ message });

    const answers = await service.clock.standStill(() =>
      Promise.all(Array.from({ length: callers }, () => post(service, '/wallet/verify', { nonce, signature }))),
    );

    const winners = answers.filter(({ status }) => status === 200);
    const losers = answers.filter(({ status }) => status !== 200);
    expect(winners).toHaveLength(1);
    expect(losers).toHaveLength(callers - 1);
    expect(new Set(losers.map(({ body }) => body['reason']))).toEqual(new Set(['challenge_used']));
    for (const winner of winners) expect((await me(service, winner)).status).toBe(200);
  });

  it('given a twin within two seconds, when it comes too late, then the tokens of the winner stay', async () => {
    const { challenge, signature, answer } = await signIn(service, newAccount());
    service.clock.advance(1_000);

    const twin = await post(service, '/wallet/verify', { nonce: challenge.nonce, signature });

    expect(twin.body['reason']).toBe('challenge_used');
    expect((await me(service, answer)).status).toBe(200);
  });

  it('given a spent challenge, when a wrong signature replays it later, then the tokens stay', async () => {
    const { challenge, answer } = await signIn(service, newAccount());
    service.clock.advance(3_000);
    const stranger = await newAccount().signMessage({ message: challenge.message });

    const replays = await Promise.all(
      [stranger, '0x', `0x${'00'.repeat(65)}`].map((signature) =>
        post(service, '/wallet/verify', { nonce: challenge.nonce, signature }),
      ),
    );

    expect(replays.map(({ body }) => body['reason'])).toEqual(replays.map(() => 'challenge_used'));
    expect((await me(service, answer)).status).toBe(200);
  });

  it('given a spent challenge, when its signature is replayed later, then what it issued is revoked', async () => {
    const scope = 'openid offline_access';
    const { challenge, signature, answer } = await signIn(service, newAccount(), { scope });
    service.clock.advance(3_000);

    const replay = await post(service, '/wallet/verify', { nonce: challenge.nonce, signature });

    expect(replay.status).toBe(400);
    expect(replay.body['reason']).toBe('challenge_used');
    expect((await me(service, answer)).status).toBe(401);
    const refresh = await fetch(`${service.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'demo-dapp',
        refresh_token: String(answer.body['refresh_token']),
      }),
    });
    expect(refresh.status).toBe(400);
    expect(await refresh.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('given a spent challenge, when its own lifetime is over, then a replay is still told from a guess', async () => {
    const { challenge, signature, answer } = await signIn(service, newAccount());
    service.clock.advance(600_000);

    const replay = await post(service, '/wallet/verify', { message: challenge.message, signature });

    expect(replay.body['reason']).toBe('challenge_used');
    expect((await me(service, answer)).status).toBe(401);
  });

  it('given two challenges of one account, when one is replayed, then the tokens of the other stay', async () => {
    const account = newAccount();
    const [one, other] = [await signIn(service, account), await signIn(service, account)];
    service.clock.advance(3_000);

    await post(service, '/wallet/verify', { nonce: one.challenge.nonce, signature: one.signature });

    expect((await me(service, one.answer)).status).toBe(401);
    expect((await me(service, other.answer)).status).toBe(200);
  });

  it('given a crash between tombstone and consumption, when its owner tries again, then the challenge is still good', async () => {
    const account = newAccount();
    const { nonce, message } = await challengeFor(service, account);
    const record = await service.app.get(ChallengeStore).find('wallet_challenge', nonce);
    if (record === undefined) throw new Error('not stored');
    const { grantId, clientId, wallet, chainId, createdAt: spentAt, expiresAt } = record;
    const proof = { wallet, chainId, message };
    const tombstone = { kind: 'wallet_challenge', id: nonce, grantId, clientId, ...proof, spentAt, expiresAt } as const;
    await service.app.get(TombstoneStore).leave(tombstone);
    service.clock.advance(3_000);

    const answer = await post(service, '/wallet/verify', { nonce, signature: await account.signMessage({ message }) });

    expect(answer.status).toBe(200);
    expect((await me(service, answer)).status).toBe(200);
  });

  it('given a challenge, when the store is read, then it holds what was issued and nothing that was signed', async () => {
    const account = newAccount();
    const { nonce, message } = await challengeFor(service, account);
    const stored = await service.app.get(ChallengeStore).find('wallet_challenge', nonce);
    const signature = await account.signMessage({ message });

    await post(service, '/wallet/verify', { nonce, signature });

    const tombstone = await service.app.get(TombstoneStore).find('wallet_challenge', nonce, service.clock.now());
    expect(stored).toMatchObject({ id: nonce, wallet: account.address, chainId: 1, clientId: 'demo-dapp', message });
    expect(tombstone).toMatchObject({ id: nonce, wallet: account.address, message });
    expect(JSON.stringify(tombstone)).not.toContain(signature.slice(2, 66));
    expect(await service.app.get(ChallengeStore).find('wallet_challenge', nonce)).toBeUndefined();
  });

  describe('and of one of the login page', () => {
    const client = { clientId: 'demo-client', name: 'Café "Größe"\n%' };

    async function begun() {
      const account = newAccount();
      const challenge = await service.app.get(WalletLogins).begin({ address: account.address, csrf: 'x' }, client);
      return { account, challenge, signature: await account.signMessage({ message: challenge.message }) };
    }

    it('given a signature, when it completes the login, then it tells who it was, and names the issuer', async () => {
      const { account, challenge, signature } = await begun();

      const authentication = await service.app
        .get(WalletLogins)
        .complete({ nonce: challenge.nonce, signature }, client.clientId, service.clock.now());

      expect(authentication).toEqual({
        sub: `eip155:1:${account.address}`,
        amr: ['pop'],
        authTime: expect.any(Number),
        chainId: 1,
      });
      expect(challenge.message).toContain(`${service.url} wants you to sign in`);
      expect(challenge.message).toContain(`\n\nSign in to Cafe Groe\n\nURI: ${service.url}\n`);
    });

    it('given its nonce, when it is shown at /wallet/verify, then it is unknown there and stays good here', async () => {
      const { challenge, signature } = await begun();
      const { nonce } = challenge;

      const elsewhere = await post(service, '/wallet/verify', { nonce, signature });
      const here = await service.app
        .get(WalletLogins)
        .complete({ nonce, signature }, client.clientId, service.clock.now());

      expect(elsewhere.body['reason']).toBe('challenge_unknown');
      expect(here.amr).toEqual(['pop']);
    });

    it('given a nonce of the API, when it is shown to the login page, then it is unknown there', async () => {
      const account = newAccount();
      const { nonce, message } = await challengeFor(service, account);
      const signature = await account.signMessage({ message });

      const login = service.app.get(WalletLogins).complete({ nonce, signature }, 'demo-dapp', service.clock.now());

      await expect(login).rejects.toMatchObject({ reason: 'challenge_unknown' });
    });

    it('given the nonce of another client, when it completes a login, then it is unknown', async () => {
      const { challenge, signature } = await begun();

      const login = service.app
        .get(WalletLogins)
        .complete({ nonce: challenge.nonce, signature }, 'demo-spa', service.clock.now());

      await expect(login).rejects.toMatchObject({ reason: 'challenge_unknown' });
    });

    it('given one login, when 20 complete it at once, then one is told who it was', async () => {
      const { challenge, signature } = await begun();

      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () =>
          service.app
            .get(WalletLogins)
            .complete({ nonce: challenge.nonce, signature }, client.clientId, service.clock.now()),
        ),
      );

      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it.each([
      ['nonce_invalid', { nonce: undefined, signature: '0x' }],
      ['signature_invalid', { nonce: 'a'.repeat(32), signature: undefined }],
    ])('given a field that is missing, when the login is completed, then it is %s', async (reason, answer) => {
      const login = service.app.get(WalletLogins).complete(answer, client.clientId, service.clock.now());

      await expect(login).rejects.toMatchObject({ reason });
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import { hashMessage } from 'viem';
import type { Client } from '../../src/domain/clients/client';
import { ClientStore } from '../../src/domain/clients/client-store';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { grantIdFor } from '../../src/domain/challenges/grant';
import { GrantStore } from '../../src/domain/challenges/grant-store';
import { SignInFlow } from '../../src/protocols/wallet/sign-in.flow';
import { refresh } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { RecordedEvents } from '../support/service/recorded-events';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';
import { me, newAccount, post, signedChallenge, signIn, verify } from '../support/clients/wallet';

const callers = 200;

const caller = { ip: '127.0.0.1', host: '127.0.0.1' };

describe.each(bothStores)('the single use of a wallet challenge on %s', (store) => {
  const service = fixture(() => startService(store));

  it('given one challenge, when 200 verify it at once, then one gets tokens and the others are told it is used', async () => {
    const { signature, ...challenge } = await signedChallenge(service);

    const answers = await service.clock.standStill(() =>
      Promise.all(Array.from({ length: callers }, () => verify(service, challenge, signature))),
    );

    const winners = answers.filter(({ status }) => status === 200);
    const losers = answers.filter(({ status }) => status !== 200);
    expect(winners).toHaveLength(1);
    expect(losers).toHaveLength(callers - 1);
    expect(new Set(losers.map(({ body }) => body['reason']))).toEqual(new Set(['challenge_used']));
    for (const winner of winners) expect((await me(service, winner)).status).toBe(200);
  });

  it('given a duplicate within two seconds, when it comes too late, then the tokens of the winner stay', async () => {
    const { challenge, signature, answer } = await signIn(service, newAccount());
    service.clock.advance(1_000);

    const duplicate = await verify(service, challenge, signature);

    expect(duplicate.body['reason']).toBe('challenge_used');
    expect((await me(service, answer)).status).toBe(200);
  });

  it('given a spent challenge, when a wrong signature replays it later, then the tokens stay', async () => {
    const { challenge, answer } = await signIn(service, newAccount());
    service.clock.advance(3_000);
    const stranger = await newAccount().signMessage({ message: challenge.message });

    const replays = await Promise.all(
      [stranger, '0x', `0x${'00'.repeat(65)}`].map((signature) => verify(service, challenge, signature)),
    );

    expect(replays.map(({ body }) => body['reason'])).toEqual(replays.map(() => 'challenge_used'));
    expect((await me(service, answer)).status).toBe(200);
  });

  it('given a spent challenge, when its signature is replayed later, then what it issued is revoked', async () => {
    const scope = 'openid offline_access';
    const { challenge, signature, answer } = await signIn(service, newAccount(), { scope });
    service.clock.advance(3_000);

    const replay = await verify(service, challenge, signature);

    expect(replay.status).toBe(400);
    expect(replay.body['reason']).toBe('challenge_used');
    expect((await me(service, answer)).status).toBe(401);
    const refreshed = await refresh(service, answer.body['refresh_token'], { client_id: 'demo-dapp' });
    expect(refreshed).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
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

    await verify(service, one.challenge, one.signature);

    expect((await me(service, one.answer)).status).toBe(401);
    expect((await me(service, other.answer)).status).toBe(200);
  });

  it('given a duplicate that came with the winner, when a slow service gets to it late, then nothing is revoked', async () => {
    const arrivedAt = service.clock.now();
    const { challenge, signature, answer } = await signIn(service, newAccount());
    const events = new RecordedEvents();
    service.clock.advance(5_000);

    const { nonce } = challenge;
    const dpop = { proof: undefined, method: 'POST', path: '/wallet/verify', offerNonce: () => {} };
    const sent = { nonce, message: undefined, signature, codeVerifier: undefined };
    const duplicate = service.app.get(SignInFlow).signIn({ ...sent, arrivedAt, client: caller, dpop, events });

    await expect(duplicate).rejects.toMatchObject({ reason: 'challenge_used' });
    expect(events.types).toEqual([]);
    expect((await me(service, answer)).status).toBe(200);
  });

  it('given two answers that are both verified before either is redeemed, when the second comes, then it is told as used', async () => {
    const { signature, nonce } = await signedChallenge(service);
    const dpop = { proof: undefined, method: 'POST', path: '/wallet/verify', offerNonce: () => {} };
    const arrivedAt = service.clock.now();
    const sent = { nonce, message: undefined, signature, codeVerifier: undefined, arrivedAt, client: caller, dpop };
    const flow = service.app.get(SignInFlow);

    const both = [new RecordedEvents(), new RecordedEvents()].map((events) => flow.signIn({ ...sent, events }));
    const outcomes = await Promise.allSettled(both);

    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toEqual([
      expect.objectContaining({ reason: expect.objectContaining({ reason: 'challenge_used' }) }),
    ]);
  });

  it('given a client that is removed before the answer, when it is verified, then the challenge is unknown and not redeemed', async () => {
    const clients = service.app.get(ClientStore);
    const dapp = (await clients.find('demo-dapp')) as Client;
    const gone = { ...dapp, clientId: 'gone', walletOrigin: dapp.walletOrigin ?? '' };
    await clients.save(gone);
    const { signature, ...challenge } = await signedChallenge(service, { clientId: gone.clientId });
    await clients.remove(gone.clientId);

    const refused = await verify(service, challenge, signature);
    const kept = await service.app.get(ChallengeStore).find('wallet_challenge', challenge.nonce);
    await clients.save(gone);
    const later = await verify(service, challenge, signature);
    await clients.remove(gone.clientId);

    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ error: 'invalid_grant', reason: 'challenge_unknown' });
    expect(kept).toMatchObject({ id: challenge.nonce, clientId: gone.clientId });
    expect(later.status).toBe(200);
  });

  it('given a challenge, when the store is read, then it holds what was issued and nothing that was signed', async () => {
    const { account, signature, ...challenge } = await signedChallenge(service);
    const { nonce, message } = challenge;
    const stored = await service.app.get(ChallengeStore).find('wallet_challenge', nonce);

    await verify(service, challenge, signature);

    const grant = await service.app.get(GrantStore).findSuccessor('wallet_challenge', nonce);
    expect(stored).toMatchObject({ id: nonce, wallet: account.address, chainId: 1, clientId: 'demo-dapp', message });
    expect(grant).toMatchObject({
      id: grantIdFor('wallet_challenge', nonce),
      clientId: 'demo-dapp',
      proof: { wallet: account.address, chainId: 1, messageHash: hashMessage(message).slice(2) },
    });
    for (const part of [signature.slice(2, 66), signature.slice(66, 130), nonce]) {
      expect(JSON.stringify(grant)).not.toContain(part);
    }
    expect(await service.app.get(ChallengeStore).find('wallet_challenge', nonce)).toBeUndefined();
  });
});

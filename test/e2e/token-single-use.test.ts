import { describe, expect, it } from '@jest/globals';
import { newSecret } from '../../src/domain/credentials/secret';
import type { Client } from '../../src/domain/clients/client';
import { ClientStore } from '../../src/domain/clients/client-store';
import { RedeemCodeFlow } from '../../src/protocols/oauth/redeem-code.flow';
import {
  askWith,
  codeFor,
  type Fields,
  type IssuedCode,
  loggedIn,
  redeem,
  refresh,
} from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { RecordedEvents } from '../support/service/recorded-events';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';

const used = {
  error: 'invalid_grant',
  error_description: 'Authorization code already used',
  reason: 'code_used',
};

describe.each(bothStores)('a code that is redeemed more than once on %s', (store) => {
  const service = fixture(() => startService(store));
  const browser = fixture(() => loggedIn(service));

  const newCode = (changes?: Fields): Promise<IssuedCode> => codeFor(service, browser, changes);

  /** A code, and the tokens that it gave. */
  async function spent() {
    const code = await newCode({ scope: 'openid offline_access' });
    return { code, tokens: (await redeem(service, code)).body };
  }

  /** The statuses of what the tokens of the login still open. */
  async function aliveness({ tokens }: Awaited<ReturnType<typeof spent>>) {
    const [me, userinfo] = await Promise.all([
      askWith(service, tokens['access_token']),
      askWith(service, tokens['access_token'], '/userinfo'),
    ]);
    return [me.status, userinfo.status, (await refresh(service, tokens['refresh_token'])).status];
  }

  describe('a replay', () => {
    it('given a duplicate that came with the winner, when a slow service gets to it late, then nothing is revoked', async () => {
      const arrivedAt = service.clock.now();
      const login = await spent();
      const client = (await service.app.get(ClientStore).find('demo-spa')) as Client;
      const { code, redirectUri, verifier: codeVerifier } = login.code;
      const events = new RecordedEvents();
      service.clock.advance(5_000);

      const duplicate = service.app
        .get(RedeemCodeFlow)
        .redeem({ client, code, redirectUri, codeVerifier, resource: undefined, jkt: undefined, arrivedAt, events });

      await expect(duplicate).rejects.toMatchObject({ reason: 'code_used' });
      expect(events.types).toEqual([]);
      expect(await aliveness(login)).toEqual([200, 200, 200]);
    });

    it('given the right verifier after 2 s, when the code is replayed, then all its tokens are revoked', async () => {
      const login = await spent();
      const rotated = await refresh(service, login.tokens['refresh_token']);
      service.clock.advance(2_100);

      const replay = await redeem(service, login.code);

      expect(replay.body).toEqual(used);
      expect(await aliveness(login)).toEqual([401, 401, 400]);
      expect((await askWith(service, rotated.body['access_token'])).status).toBe(401);
      expect((await refresh(service, rotated.body['refresh_token'])).body).toMatchObject({ error: 'invalid_grant' });
    });

    it.each<[string, number, Fields]>([
      ['the right verifier', 1, {}],
      ['a wrong verifier', 3, { code_verifier: 'v'.repeat(43) }],
      ['no verifier', 3, { code_verifier: undefined }],
      ['another client', 3, { client_id: 'demo-partner' }],
    ])('given %s after %i s, when the code is replayed, then nothing is revoked', async (_case, seconds, changes) => {
      const login = await spent();
      service.clock.advance(seconds * 1_000);

      await redeem(service, login.code, changes);

      expect(await aliveness(login)).toEqual([200, 200, 200]);
    });

    it('given another login of the same client, when a code is replayed, then that login lives on', async () => {
      const [victim, other] = [await spent(), await spent()];
      service.clock.advance(2_100);

      await redeem(service, victim.code);

      expect(await aliveness(other)).toEqual([200, 200, 200]);
    });
  });

  describe('many at once', () => {
    it('given 200 redemptions, when they arrive together, then one is 200, 199 are code_used and the winner keeps its tokens', async () => {
      const code = await newCode();

      const answers = await service.clock.standStill(() =>
        Promise.all(Array.from({ length: 200 }, () => redeem(service, code))),
      );

      const winners = answers.filter(({ status }) => status === 200);
      expect(winners).toHaveLength(1);
      for (const loser of answers.filter(({ status }) => status !== 200)) {
        expect(loser.status).toBe(400);
        expect(loser.body).toEqual(used);
      }
      expect((await askWith(service, winners[0]?.body['access_token'])).status).toBe(200);
    });

    it('given 50 guesses around the owner, when they arrive together, then the owner gets the tokens', async () => {
      const code = await newCode();
      const guesses = Array.from({ length: 50 }, () => redeem(service, code, { code_verifier: newSecret() }));

      const [owner, ...others] = await Promise.all([redeem(service, code), ...guesses]);

      expect(owner.status).toBe(200);
      for (const { body } of others) expect(['code_verifier_mismatch', 'code_used']).toContain(body['reason']);
    });
  });
});

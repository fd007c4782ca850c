import { afterEach, describe, expect, it } from '@jest/globals';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { hashSecret } from '../../src/domain/credentials/secret';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { eventually } from '../support/run/eventually';
import { openLoginPage, signedForm } from '../support/clients/login-page';
import { askWith, codeFor, loggedIn, redeem, refresh } from '../support/clients/pkce-login';
import { fixtureOfEach } from '../support/run/fixture';
import { expectUnavailable } from '../support/service/envelope';
import { startServiceOn } from '../support/service/service';
import { command, proxiedServer } from '../support/stores/store-outage';
import { newAccount, signedChallenge, verify } from '../support/clients/wallet';

describe('MongoDB that is lost between a challenge and what it becomes', () => {
  afterEach(() => store.proxy.passAll());
  const store = fixtureOfEach(proxiedServer);
  const service = fixtureOfEach(() => startServiceOn(store));

  /** What something came to while the connection was cut at a command; the service is ready again then. */
  async function cut<Result>(where: 'cutBefore' | 'cutAfter', at: Buffer, act: () => Promise<Result>): Promise<Result> {
    store.proxy[where](at);
    const result = await act();
    store.proxy.passAll();
    await eventually(async () => (await fetch(`${service.url}/health/ready`)).ok, { withinMs: 30_000 });
    return result;
  }

  const count = (collection: 'grants' | 'sessions') => service.app.get(StoreInspector).count(collection);

  /** A code that can be redeemed, and what tells of it. */
  async function pkce() {
    const code = await codeFor(service, await loggedIn(service), { scope: 'openid offline_access' });
    const find = () => service.app.get(ChallengeStore).find('authorization_code', hashSecret(code.code));
    return { attempt: () => redeem(service, code), find, reasons: { used: 'code_used', unknown: 'code_unknown' } };
  }

  async function wallet() {
    const { signature, ...challenge } = await signedChallenge(service);
    const find = () => service.app.get(ChallengeStore).find('wallet_challenge', challenge.nonce);
    const reasons = { used: 'challenge_used', unknown: 'challenge_unknown' };
    return { attempt: () => verify(service, challenge, signature), find, reasons };
  }

  const models = [
    { model: 'a code', login: pkce },
    { model: 'a wallet challenge', login: wallet },
  ];

  it.each(models)(
    'given $model, when the grant cannot be written, then nothing is issued, it is redeemed for good, and the service heals',
    async ({ login }) => {
      const { attempt, find, reasons } = await login();

      const refused = await cut('cutBefore', command('insert', 'grants'), attempt);
      const later = await attempt();
      const next = await (await login()).attempt();

      expectUnavailable(refused);
      expect(await find()).toBeUndefined();
      expect(later.status).toBe(400);
      expect(later.body).toMatchObject({ error: 'invalid_grant', reason: reasons.unknown });
      expect(next.status).toBe(200);
      expect(await count('grants')).toBe(1);
    },
  );

  it.each(models)(
    'given $model, when 20 redeem it at once and no grant can be written, then nobody is issued anything',
    async ({ login }) => {
      const { attempt, reasons } = await login();

      const answers = await cut('cutBefore', command('insert', 'grants'), () =>
        Promise.all(Array.from({ length: 20 }, attempt)),
      );
      const later = await attempt();

      for (const answer of answers) {
        if (answer.status === 503) expectUnavailable(answer);
        // Used, for whoever had found the challenge before another one deleted it.
        else expect([reasons.unknown, reasons.used]).toContain(answer.body['reason']);
      }
      expect(answers.map(({ status }) => status)).toContain(503);
      expect(later.body['reason']).toBe(reasons.unknown);
      expect(await count('grants')).toBe(0);
    },
  );

  it.each(models)(
    'given $model, when the grant is written and only the answer to that is lost, then it is redeemed once, and known as used',
    async ({ login }) => {
      const { attempt, reasons } = await login();

      const refused = await cut('cutAfter', command('insert', 'grants'), attempt);
      const later = await attempt();

      expectUnavailable(refused);
      expect(later.body['reason']).toBe(reasons.used);
      expect(await count('grants')).toBe(1);
    },
  );

  it.each(models)('given $model, when the database goes before it is deleted, then it stays', async ({ login }) => {
    const { attempt } = await login();

    const refused = await cut('cutBefore', command('findAndModify', 'challenges'), attempt);
    const later = await attempt();

    expectUnavailable(refused);
    expect(later.status).toBe(200);
    expect((await askWith(service, later.body['access_token'])).status).toBe(200);
  });

  it('given a wallet login of the login page, when its session cannot be written, then there is none, and it is redeemed for good', async () => {
    const page = await openLoginPage(service.url);
    const { browser } = page;
    const answer = await signedForm(page, newAccount());

    const refused = await cut('cutBefore', command('insert', 'sessions'), () =>
      browser.postForm('/login/wallet', answer),
    );
    const later = await browser.postForm('/login/wallet', answer);

    expect(refused.status).toBe(503);
    expect(browser.cookie('tessera_session')).toBeUndefined();
    expect(later.status).toBe(400);
    expect(await later.json()).toMatchObject({ reason: 'challenge_unknown' });
    expect(await count('sessions')).toBe(0);
  });

  it('given a refresh token, when the database is lost before it is rotated, then it stays good, and one line goes on', async () => {
    const { body } = await (await pkce()).attempt();

    const refused = await cut('cutBefore', command('findAndModify', 'grants'), () =>
      refresh(service, body['refresh_token']),
    );
    const next = await refresh(service, body['refresh_token']);

    expectUnavailable(refused);
    expect(next.status).toBe(200);
    expect((await refresh(service, next.body['refresh_token'])).status).toBe(200);
  });

  it('given a refresh token, when it is rotated and only the answer to that is lost, then its repeat gets the one successor', async () => {
    const { body } = await (await pkce()).attempt();

    const refused = await cut('cutAfter', command('findAndModify', 'grants'), () =>
      refresh(service, body['refresh_token']),
    );
    const repeats = [await refresh(service, body['refresh_token']), await refresh(service, body['refresh_token'])];

    expectUnavailable(refused);
    expect(repeats.map(({ status }) => status)).toEqual([200, 200]);
    expect(repeats[0]?.body['refresh_token']).toBe(repeats[1]?.body['refresh_token']);
    expect((await refresh(service, repeats[0]?.body['refresh_token'])).status).toBe(200);
  });
});

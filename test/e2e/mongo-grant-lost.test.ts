import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { hashSecret } from '../../src/domain/credentials/secret';
import { StoreInspector } from '../../src/platform/storage/store-inspector';
import { BrowserSession } from '../support/clients/browser-session';
import { eventually } from '../support/run/eventually';
import { openLoginPage } from '../support/clients/login-page';
import { askWith, codeFor, loggedIn, redeem, refresh } from '../support/clients/pkce-login';
import { fixtureOfEach } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { proxiedServer } from '../support/stores/store-outage';
import { type Answer, challengeFor, newAccount, post } from '../support/clients/wallet';

/** A command as the driver writes it: its name and the collection, in BSON. */
function command(name: string, collection: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32LE(collection.length + 1);
  return Buffer.concat([Buffer.from(`\x02${name}\0`), length, Buffer.from(`${collection}\0`)]);
}

describe('MongoDB that is lost between a challenge and what it becomes', () => {
  let store: Awaited<ReturnType<typeof proxiedServer>>;

  beforeEach(async () => {
    store = await proxiedServer();
  });
  const service = fixtureOfEach(() => startServiceOn(store));
  afterEach(async () => {
    store.proxy.passAll();
    await store.remove();
  });

  const count = (collection: 'grants' | 'sessions') => service.app.get(StoreInspector).count(collection);
  const isReady = async () => (await fetch(`${service.url}/health/ready`)).ok;

  /** A code that can be redeemed, and what tells of it. */
  async function pkce() {
    const code = await codeFor(service, await loggedIn(service), { scope: 'openid offline_access' });
    const find = () => service.app.get(ChallengeStore).find('authorization_code', hashSecret(code.code));
    return { attempt: () => redeem(service, code), find, reasons: { used: 'code_used', unknown: 'code_unknown' } };
  }

  async function wallet() {
    const account = newAccount();
    const { nonce, message } = await challengeFor(service, account);
    const answer = { nonce, signature: await account.signMessage({ message }) };
    const find = () => service.app.get(ChallengeStore).find('wallet_challenge', nonce);
    const reasons = { used: 'challenge_used', unknown: 'challenge_unknown' };
    return { attempt: () => post(service, '/wallet/verify', answer), find, reasons };
  }

  const models = [
    { model: 'a code', login: pkce },
    { model: 'a wallet challenge', login: wallet },
  ];

  it.each(models)(
    'given $model, when the grant cannot be written, then nothing is issued, it is redeemed for good, and the service heals',
    async ({ login }) => {
      const { attempt, find, reasons } = await login();

      store.proxy.cutBefore(command('insert', 'grants'));
      const refused = await attempt();
      store.proxy.passAll();
      await eventually(isReady, { withinMs: 30_000 });
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

      store.proxy.cutBefore(command('insert', 'grants'));
      const answers = await Promise.all(Array.from({ length: 20 }, attempt));
      store.proxy.passAll();
      await eventually(isReady, { withinMs: 30_000 });
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

      store.proxy.cutAfter(command('insert', 'grants'));
      const refused = await attempt();
      store.proxy.passAll();
      await eventually(isReady, { withinMs: 30_000 });
      const later = await attempt();

      expectUnavailable(refused);
      expect(later.body['reason']).toBe(reasons.used);
      expect(await count('grants')).toBe(1);
    },
  );

  it.each(models)(
    'given $model, when the database is lost before it is deleted, then it stays good',
    async ({ login }) => {
      const { attempt } = await login();

      store.proxy.cutBefore(command('findAndModify', 'challenges'));
      const refused = await attempt();
      store.proxy.passAll();
      await eventually(isReady, { withinMs: 30_000 });
      const later = await attempt();

      expectUnavailable(refused);
      expect(later.status).toBe(200);
      expect((await askWith(service, later.body['access_token'])).status).toBe(200);
    },
  );

  it('given a wallet login of the login page, when its session cannot be written, then there is none, and it is redeemed for good', async () => {
    const account = newAccount();
    const { browser, hidden } = await openLoginPage(service.url, '', new BrowserSession(service.url));
    const response = await browser.fetch('/login/wallet/challenge', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...hidden, address: account.address }),
    });
    const { nonce, message } = (await response.json()) as { nonce: string; message: string };
    const answer = { ...hidden, nonce, signature: await account.signMessage({ message }) };

    store.proxy.cutBefore(command('insert', 'sessions'));
    const refused = await browser.postForm('/login/wallet', answer);
    store.proxy.passAll();
    await eventually(isReady, { withinMs: 30_000 });
    const later = await browser.postForm('/login/wallet', answer);

    expect(refused.status).toBe(503);
    expect(browser.cookie('tessera_session')).toBeUndefined();
    expect(later.status).toBe(400);
    expect(await later.json()).toMatchObject({ reason: 'challenge_unknown' });
    expect(await count('sessions')).toBe(0);
  });

  it('given a refresh token, when the database is lost before it is rotated, then it stays good, and one line goes on', async () => {
    const { body } = await (await pkce()).attempt();

    store.proxy.cutBefore(command('findAndModify', 'grants'));
    const refused = await refresh(service, body['refresh_token']);
    store.proxy.passAll();
    await eventually(isReady, { withinMs: 30_000 });
    const next = await refresh(service, body['refresh_token']);

    expectUnavailable(refused);
    expect(next.status).toBe(200);
    expect((await refresh(service, next.body['refresh_token'])).status).toBe(200);
  });

  it('given a refresh token, when it is rotated and only the answer to that is lost, then its repeat gets the one successor', async () => {
    const { body } = await (await pkce()).attempt();

    store.proxy.cutAfter(command('findAndModify', 'grants'));
    const refused = await refresh(service, body['refresh_token']);
    store.proxy.passAll();
    await eventually(isReady, { withinMs: 30_000 });
    const repeats = [await refresh(service, body['refresh_token']), await refresh(service, body['refresh_token'])];

    expectUnavailable(refused);
    expect(repeats.map(({ status }) => status)).toEqual([200, 200]);
    expect(repeats[0]?.body['refresh_token']).toBe(repeats[1]?.body['refresh_token']);
    expect((await refresh(service, repeats[0]?.body['refresh_token'])).status).toBe(200);
  });
});

function expectUnavailable({ status, headers, body }: Answer): void {
  expect({ status, body }).toEqual({
    status: 503,
    body: { error: 'temporarily_unavailable', error_description: expect.any(String) },
  });
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
}

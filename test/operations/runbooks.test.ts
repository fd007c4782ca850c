import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newSecret } from '../../src/domain/credentials/secret';
import { LOGGER } from '../../src/platform/logger';
import { admin } from '../support/operations/admin';
import type { BrowserSession } from '../support/clients/browser-session';
import { eventually } from '../support/run/eventually';
import { logIn, logInByWallet } from '../support/clients/logged-in-client';
import { OperatorDrill, untilExpiredMs, untilWrittenMs } from '../support/operations/operator-drill';
import { askWith, authorizationQuery, basic, codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { pagesOfOutages, runbooks } from '../support/operations/runbooks';
import type { TestService } from '../support/service/service';
import { emptyStore } from '../support/stores/stores';
import { challengeFor, newAccount, post, signIn } from '../support/clients/wallet';

const probeClient = {
  client_id: 'probe',
  token_endpoint_auth_method: 'none',
  scope: 'openid',
  redirect_uris: ['https://app.example/callback'],
  first_party: true,
  synthetic: true,
};
const probeWallet = {
  client_id: 'probe-dapp',
  token_endpoint_auth_method: 'none',
  wallet_origin: 'https://app.example',
  synthetic: true,
};

describe('the runbooks while some of everything fails', () => {
  let drill: OperatorDrill;
  let browser: BrowserSession;
  let values: Readonly<Record<string, string>>;

  beforeAll(async () => {
    drill = await OperatorDrill.begin(emptyStore('lmdb'), 'lmdb');
    const { service } = drill;
    await admin(service, 'POST', '/clients', probeClient);
    await admin(service, 'POST', '/clients', probeWallet);
    await admin(service, 'POST', '/users', { username: 'probe', password: 'one that nobody remembers' });
    browser = await loggedIn(service);
    await drill.scrapedTwice();
    for (let round = 0; round < 2; round += 1) {
      await someOfEverything(service, browser);
      service.app.get(LOGGER).warn({ detail: newSecret() }, 'a line that must not be');
      await drill.scrapedTwice();
    }
    await drill.probed();
    await delay(untilWrittenMs);
    const { body } = await admin(service, 'GET', '/audit-events?type=replay_detected');
    const [replay] = body['data'] as readonly { ip: string; sub: string }[];
    const sub = (body['data'] as readonly { sub: string }[]).find((each) => !each.sub.startsWith('eip155'))?.sub ?? '';
    values = { IP: replay?.ip ?? '', SUB: sub };
  });
  afterAll(() => drill.end());

  it.each(runbooks().filter(({ name }) => !pagesOfOutages.has(name)))(
    'given $name, when its commands are run in their order, then each ends and prints as the page says, and does what it is for',
    async (page) => {
      const own = page.name === 'playbook-leaked-secret' ? { ...values, CLIENT_ID: 'demo-client' } : values;
      const isDone = await effects[page.name]?.(drill.service, browser);

      await drill.run(page, 'broken', own);
      if (page.name.startsWith('Probe')) await drill.probed();
      await drill.run(page, 'fixed', own);

      await isDone?.();
    },
  );
});

/** What the fix of a page ends or changes: prepared before, and looked at after it. */
const effects: Readonly<
  Record<string, (service: TestService, browser: BrowserSession) => Promise<() => Promise<void>>>
> = {
  'f5-replay': grantThatEnds,
  'playbook-leaked-verifier': grantThatEnds,
  'playbook-mass-replay': grantThatEnds,
  'playbook-leaked-secret': async (service, browser) => {
    const secret = basic('demo-client', 'demo-secret');
    const code = await codeFor(service, browser, { client_id: 'demo-client', scope: 'openid offline_access' });
    const { body } = await redeem(service, code, {}, secret);
    await delay(untilWrittenMs);
    return async () => {
      expect((await askWith(service, body['access_token'])).status).toBe(401);
      // A process keeps what it has read of a client for up to 5 s.
      const isRefused = async () => {
        const again = await codeFor(service, browser, { client_id: 'demo-client' });
        return (await redeem(service, again, {}, secret)).status === 401;
      };
      await eventually(isRefused, { withinMs: 20_000 });
    };
  },
  'playbook-leaked-signing-key': async (service, browser) => {
    const { tokens } = await logIn(service, browser);
    const before = await kidsOf(service);
    return async () => {
      const isRefused = async () => (await askWith(service, tokens.accessToken)).status === 401;
      await eventually(isRefused, { withinMs: 20_000 });
      const after = await kidsOf(service);
      expect(after.length).toBeGreaterThan(0);
      expect(after.filter((kid) => before.includes(kid))).toEqual([]);
    };
  },
  'playbook-stolen-store': keysThatAreAdded,
  SigningKeyOld: keysThatAreAdded,
  ClientRedirectErrors: async (_service, browser) => async () => {
    const query = authorizationQuery({ redirect_uri: 'https://app.example/another' });
    const isServed = async () => (await browser.fetch(`/authorize?${query}`)).status === 303;
    await eventually(isServed, { withinMs: 30_000 });
  },
};

async function grantThatEnds(service: TestService, browser: BrowserSession): Promise<() => Promise<void>> {
  const { client, tokens } = await logIn(service, browser, { scope: 'openid offline_access' });
  return async () => {
    await expect(client.refresh()).rejects.toMatchObject({ code: 'invalid_grant', status: 400 });
    expect((await askWith(service, tokens.accessToken)).status).toBe(401);
  };
}

async function keysThatAreAdded(service: TestService): Promise<() => Promise<void>> {
  const before = await kidsOf(service);
  const isAdded = async () => {
    const after = await kidsOf(service);
    return after.length > before.length && before.every((kid) => after.includes(kid));
  };
  return () => eventually(isAdded, { withinMs: 20_000 });
}

async function kidsOf({ url }: TestService): Promise<string[]> {
  const { keys } = (await fetch(`${url}/.well-known/jwks.json`).then((response) => response.json())) as {
    keys: readonly { kid: string }[];
  };
  return keys.map(({ kid }) => kid);
}

/** Real requests of both models: logins that succeed, and F1 to F6. */
async function someOfEverything(service: TestService, browser: BrowserSession): Promise<void> {
  const [code, expired] = [await codeFor(service, browser), await codeFor(service, browser)];
  await redeem(service, code);
  const owner = newAccount();
  const { challenge, signature } = await signIn(service, owner);
  const late = await challengeFor(service, owner);
  const lateSignature = await owner.signMessage({ message: late.message });
  await delay(untilExpiredMs);
  await redeem(service, code);
  await redeem(service, expired);
  await post(service, '/wallet/verify', { nonce: challenge.nonce, signature });
  await post(service, '/wallet/verify', { nonce: late.nonce, signature: lateSignature });

  for (const changes of [
    { code_challenge_method: 'plain' },
    { code_challenge: undefined, code_challenge_method: undefined },
    { redirect_uri: 'https://elsewhere.example/' },
  ]) {
    await browser.fetch(`/authorize?${authorizationQuery(changes)}`);
  }
  const unredeemed = await codeFor(service, browser);
  await redeem(service, unredeemed, { code_verifier: undefined });
  await redeem(service, unredeemed, { code_verifier: 'too short' });
  await redeem(service, unredeemed, { redirect_uri: 'http://127.0.0.1/elsewhere' });
  for (let guess = 0; guess < 4; guess += 1) await redeem(service, unredeemed, { code_verifier: newSecret() });
  const { nonce, message } = await challengeFor(service, owner);
  await post(service, '/wallet/verify', { nonce, signature: await newAccount().signMessage({ message }) });

  const { client } = await logIn(service, browser, { scope: 'openid offline_access' });
  await client.refresh();
  await logInByWallet(service, newAccount());
}

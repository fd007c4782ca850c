import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { grantIdFor } from '../../src/domain/challenges/grant';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import { authenticationOf, WalletChallenges } from '../../src/protocols/wallet/wallet-challenges';
import { type WalletAuthentication, WalletLogins } from '../../src/protocols/wallet/wallet-logins';
import { SessionStore } from '../../src/protocols/login/session-store';
import { type BrowserSession, sessionIdOf } from '../support/clients/browser-session';
import { codeAccount, type TestCodeAccount } from '../support/evm/code-account';
import { logIn } from '../support/clients/logged-in-client';
import { askWalletChallenge, openLoginPage } from '../support/clients/login-page';
import { askWith, codeFor, redeem } from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { startRpcNode } from '../support/evm/rpc-node';
import { fixture } from '../support/run/fixture';
import { errorOf } from '../support/service/envelope';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, newAccount, post } from '../support/clients/wallet';

const request = 'client_id=demo-spa&state=s';
/** The chain of the node, at which accounts have code. */
const chainId = 8453;

describe.each(storesUnderTest)('the wallet button of the login page on %s', (store) => {
  const owner = newAccount();

  const node = fixture(() => startRpcNode(chainId));
  const service = fixture(() =>
    startService(store, { EVM_RPC_URLS: `${chainId}=${node.url}`, EVM_CHAINS: `1,${chainId}` }),
  );

  const sessionOf = (id: string) => service.app.get(SessionStore).find(id, service.clock.now());

  /** A login page with a message for the account, not signed yet. */
  async function asked(fields: object, query = request, returning?: BrowserSession) {
    const page = await openLoginPage(service.url, query, returning);
    const response = await askWalletChallenge(page, { address: owner.address, ...fields });
    return { ...page, response, ...((await response.json()) as { nonce: string; message: string }) };
  }

  /** The same, and the form that the owner's signature makes of it. */
  async function begin(query = request, chain = 1, returning?: BrowserSession) {
    const page = await asked({ chainId: chain }, query, returning);
    const { hidden, nonce, message } = page;
    return { ...page, form: { ...hidden, nonce, signature: await owner.signMessage({ message }) } };
  }

  /** The form as the flow gets it, from a browser whose challenges became no session yet. */
  const answerOf = ({ nonce, signature }: { readonly nonce: string; readonly signature: string }) => ({
    nonce,
    signature,
    clientId: 'demo-spa',
    arrivedAt: service.clock.now(),
    client: { ip: '198.18.0.1', host: '198.18.0.1' },
    sessions: { find: async () => undefined, endReplayed: async () => {} },
  });

  const sessionFor = ({ sessionId: id, authentication }: WalletAuthentication) => {
    const createdAt = service.clock.now();
    return { id, authentication, createdAt, expiresAt: createdAt + 60_000 };
  };

  /** A login page on which this account has its message, and what its button sends. */
  async function signedBy({ address, sign }: TestCodeAccount, size?: number) {
    const { browser, hidden, nonce, message } = await asked({ address, chainId });
    return { browser, form: { ...hidden, nonce, signature: sign(message, size) } };
  }

  it('given an address, when a challenge is asked for, then it names the issuer and the application', async () => {
    const { response, message } = await begin();

    expect(response.status).toBe(201);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(message).toContain(`${service.url} wants you to sign in with your Ethereum account:\n${owner.address}\n`);
    expect(message).toContain('Sign in to Demo single-page application');
    expect(message).toContain(`URI: ${service.url}`);
  });

  it('given a client with a lifetime of its own, when a challenge is asked for, then it lives as long', async () => {
    const { clientId } = await registerClient(service, { walletChallengeLifetime: 3_600 });

    const { message, browser, form } = await begin(`client_id=${clientId}`);
    service.clock.advance(3_590_000);
    const late = await verify(browser, form);

    const [issuedAt, expirationTime] = ['Issued At', 'Expiration Time'].map((name) =>
      Date.parse(new RegExp(`^${name}: (.*)$`, 'm').exec(message)?.[1] ?? ''),
    );
    expect(Number(expirationTime) - Number(issuedAt)).toBe(3_600_000);
    expect(late.status).toBe(303);
  });

  it("given the account's signature, when it is sent, then a session of the account begins and the request goes on", async () => {
    const { browser, form } = await begin(`${request}&prompt=login`, chainId);

    const response = await verify(browser, form);

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(`/authorize?${request}`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect((await sessionOf(sessionIdOf(browser)))?.authentication).toEqual({
      sub: `eip155:1:${owner.address}`,
      amr: ['pop'],
      authTime: expect.any(Number),
      chainId,
    });
  });

  it('given no csrf field, when a challenge is asked for, then it is refused', async () => {
    const { browser } = await openLoginPage(service.url, request);

    const response = await askWalletChallenge({ browser, hidden: {} }, { address: owner.address });

    expect(await errorOf(response)).toMatchObject({ status: 403, reason: 'csrf_invalid' });
  });

  it("given another browser's csrf field, when a signature is sent, then it is refused and stays usable", async () => {
    const { browser, form } = await begin();
    const victim = await openLoginPage(service.url, request);

    const planted = await verify(victim.browser, form);
    const own = await verify(browser, form);

    expect([planted.status, own.status]).toEqual([403, 303]);
    expect(victim.browser.cookie('tessera_session')).toBeUndefined();
  });

  it('given a signature by another account, when it is sent, then it is signature_mismatch and no session begins', async () => {
    const { browser, form, message } = await begin();

    const response = await verify(browser, { ...form, signature: await newAccount().signMessage({ message }) });

    expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'signature_mismatch' });
    expect(browser.cookie('tessera_session')).toBeUndefined();
  });

  it('given a signature that was used, when its session has been ended by a later login, then it is challenge_used still', async () => {
    const { browser, form, nonce } = await begin();
    await verify(browser, form);
    const ended = sessionIdOf(browser);
    const next = await begin(request, 1, browser);
    await verify(browser, next.form);

    const replay = await verify(browser, form);

    expect(ended).toBe(grantIdFor('wallet_login', nonce));
    expect(await sessionOf(ended)).toBeUndefined();
    expect(sessionIdOf(browser)).toBe(grantIdFor('wallet_login', next.nonce));
    expect(await errorOf(replay)).toMatchObject({ status: 400, reason: 'challenge_used' });
  });

  it('given a signature that was used more than 2 s ago, when it is sent again from anywhere, then the session that it opened ends, with all that it gave', async () => {
    const { browser, form } = await begin();
    await verify(browser, form);
    const id = sessionIdOf(browser);
    const { tokens } = await logIn(service, browser, { scope: 'openid offline_access' });
    const inFlight = await codeFor(service, browser);
    const thief = await openLoginPage(service.url, request);
    service.clock.advance(2_100);

    const replay = await verify(thief.browser, { ...form, ...thief.hidden });

    expect(await errorOf(replay)).toMatchObject({ status: 400, reason: 'challenge_used' });
    expect(await sessionOf(id)).toBeUndefined();
    expect((await browser.fetch('/account')).headers.get('location')).toMatch(/^\/login/);
    expect((await askWith(service, tokens.accessToken)).status).toBe(401);
    expect((await redeem(service, inFlight)).body).toMatchObject({ reason: 'code_unknown' });
  });

  it.each([
    ['the signature within 2 s', 1_000, true],
    ['a signature by another key after that', 10_000, false],
    ['what is no signature after that', 10_000, undefined],
  ])('given %s, when it is sent again, then the session lives on', async (_which, later, isOwn) => {
    const { browser, form, message } = await begin();
    await verify(browser, form);
    const shown = isOwn === undefined ? '0x00' : isOwn ? form.signature : await newAccount().signMessage({ message });
    service.clock.advance(later);

    const again = await verify(browser, { ...form, signature: shown });

    expect(await again.json()).toMatchObject({ reason: 'challenge_used' });
    expect((await browser.fetch('/account')).status).toBe(200);
  });

  it('given one signature, when it is sent 50 times at once, then one session begins and the others are challenge_used', async () => {
    const { browser, form } = await begin();

    const answers = await Promise.all(Array.from({ length: 50 }, () => verify(browser, form)));

    const refused = await Promise.all(answers.filter(({ status }) => status !== 303).map(errorOf));
    expect(refused).toHaveLength(49);
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(['challenge_used']));
  });

  it('given one signature, when two requests verify it before either redeems it, then one of them signs in', async () => {
    const { form } = await begin();
    const answer = answerOf(form);
    const logins = service.app.get(WalletLogins);

    const verified = await Promise.all([logins.verify(answer), logins.verify(answer)]);
    const outcomes = await Promise.allSettled(verified.map((login) => logins.redeem(login, sessionFor(login))));

    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { reason: 'challenge_used' },
    });
  });

  it('given a login whose account is ended meanwhile, when its session begins, then it is not valid any more', async () => {
    const { form } = await begin();
    const logins = service.app.get(WalletLogins);
    const early = await logins.verify(answerOf((await begin()).form));
    const before = await logins.redeem(early, sessionFor(early));
    const late = await logins.verify(answerOf(form));

    await service.app.get(ChallengeStore).end({ sub: late.authentication.sub }, service.clock.now());

    expect([before, await logins.redeem(late, sessionFor(late))]).toEqual([true, false]);
  });

  it('given the moment at which a challenge ends, when it is signed or was redeemed by another, then it is challenge_expired', async () => {
    await service.clock.standStill(async () => {
      const { browser, form, response, nonce } = await begin();
      const stored = await service.app.get(ChallengeStore).find('wallet_login', nonce);
      const overtaken = () => service.app.get(WalletChallenges).overtaken(stored!).reason;
      service.clock.advance((stored?.expiresAt ?? 0) - service.clock.now() - 1);
      const before = overtaken();
      service.clock.advance(1);

      const late = await errorOf(await browser.postForm('/login/wallet', form));

      expect(response.status).toBe(201);
      expect(stored?.scope).toEqual([]);
      expect([late.reason, before, overtaken()]).toEqual(['challenge_expired', 'challenge_used', 'challenge_expired']);
    });
  });

  it('given an account that was proven, when it is authenticated, then its time is in whole seconds', async () => {
    const proof = { wallet: owner.address, chainId: 1, messageHash: '', signatureHash: '' };
    const proven = { sub: 'somebody', accountProof: 'key', proof } as const;

    expect(authenticationOf(proven, 5_999)).toEqual({ sub: 'somebody', amr: ['pop'], authTime: 5, chainId: 1 });
  });

  it('given an expired challenge, when it is signed, then it is challenge_expired', async () => {
    const { browser, form } = await begin();
    service.clock.advance(300_000);

    const response = await verify(browser, form);

    expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'challenge_expired' });
  });

  it("given a challenge for one client, when it is sent for another's request, then it is challenge_unknown", async () => {
    const { browser, form } = await begin();

    const response = await verify(browser, { ...form, request: 'client_id=demo-client' });

    expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'challenge_unknown' });
  });

  it('given a challenge of the page, when it is shown to /wallet/verify, then it is challenge_unknown, and stays good here', async () => {
    const { browser, form, nonce } = await begin();

    const { status, body } = await post(service, '/wallet/verify', { nonce, signature: form.signature });

    expect([status, body['reason']]).toEqual([400, 'challenge_unknown']);
    expect((await verify(browser, form)).status).toBe(303);
  });

  it('given a nonce of the API, when it is shown to the login page, then it is unknown there', async () => {
    const { browser, hidden } = await openLoginPage(service.url, request);
    const { nonce, message } = await challengeFor(service, owner);

    const response = await verify(browser, { ...hidden, nonce, signature: await owner.signMessage({ message }) });

    expect(await errorOf(response)).toMatchObject({ status: 400, reason: 'challenge_unknown' });
  });

  it.each([
    ['an address that is none', { address: '0x1' }, 'address_invalid'],
    ['a chain id that is text', { chainId: 'one' }, 'chain_id_invalid'],
  ])('given %s, when a challenge is asked for, then it is 400', async (_case, fields, reason) => {
    const page = await openLoginPage(service.url, request);

    const response = await askWalletChallenge(page, { address: owner.address, ...fields });

    expect(await errorOf(response)).toMatchObject({ status: 400, error: 'invalid_request', reason });
  });

  it.each([
    ['no nonce', { signature: `0x${'11'.repeat(65)}` }, 'nonce_invalid'],
    ['no signature', { nonce: 'a'.repeat(32) }, 'signature_invalid'],
    ['an unknown nonce', { nonce: 'a'.repeat(32), signature: `0x${'11'.repeat(65)}` }, 'challenge_unknown'],
  ])('given %s, when the form is sent, then it is 400', async (_case, fields: Record<string, string>, reason) => {
    const { browser, hidden } = await openLoginPage(service.url, request);

    const response = await verify(browser, { ...hidden, ...fields });

    expect(await errorOf(response)).toMatchObject({ status: 400, reason });
  });

  describe('for an account that its code speaks for', () => {
    it('given code that says yes, when the form is sent, then the code and its tokens are of that account on its chain', async () => {
      const account = codeAccount(node);
      const { browser, form } = await signedBy(account);

      const response = await verify(browser, form);
      const { tokens } = await logIn(service, browser);

      expect([response.status, response.headers.get('location')]).toEqual([303, `/authorize?${request}`]);
      const sub = `eip155:${chainId}:${account.address}`;
      const claims = { sub, chain_id: chainId, account_proof: 'code', amr: ['pop'] };
      expect(decodeJwt(tokens.accessToken)).toMatchObject(claims);
      expect(decodeJwt(tokens.idToken ?? '')).toMatchObject(claims);
    });

    it('given the longest signature, when the form is sent, then it fits', async () => {
      const { browser, form } = await signedBy(codeAccount(node), 8192);

      expect((await verify(browser, form)).status).toBe(303);
    });

    it('given a node that is down, when the form is sent, then a page says 503, and the next try signs in', async () => {
      const { browser, form } = await signedBy(codeAccount(node));
      node.sickness = (response) => response.destroy();

      const page = await verify(browser, form, { accept: 'text/html' });
      const json = await verify(browser, form);
      node.sickness = undefined;
      const next = await verify(browser, form);

      expect([page.status, json.status, next.status]).toEqual([503, 503, 303]);
      expect(page.headers.get('content-type')).toContain('text/html');
      expect(await page.text()).toContain('go back and try again');
      for (const each of [page, json]) expect(Number(each.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await json.json()).toMatchObject({ error: 'temporarily_unavailable' });
    });

    it('given a signature that was used more than 2 s ago, when it comes again, then its session ends, and no node is asked', async () => {
      const { browser, form } = await signedBy(codeAccount(node));
      await verify(browser, form);
      const id = sessionIdOf(browser);
      node.asked.length = 0;
      service.clock.advance(3_000);

      const guess = await verify(browser, { ...form, signature: `0x${'11'.repeat(96)}` });
      const alive = await sessionOf(id);
      const replay = await verify(browser, form);

      const reasons = (await Promise.all([guess, replay].map(errorOf))).map(({ reason }) => reason);
      expect(reasons).toEqual(['challenge_used', 'challenge_used']);
      expect(alive?.id).toBe(id);
      expect(await sessionOf(id)).toBeUndefined();
      expect(node.asked).toEqual([]);
    });

    it('given one signature ten times at once, when it is sent, then one session begins', async () => {
      const { browser, form } = await signedBy(codeAccount(node));

      const answers = await Promise.all(Array.from({ length: 10 }, () => verify(browser, form)));

      expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    });
  });
});

function verify(browser: BrowserSession, form: Readonly<Record<string, string>>, headers: HeadersInit = {}) {
  return browser.postForm('/login/wallet', form, headers);
}

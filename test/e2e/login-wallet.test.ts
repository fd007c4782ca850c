import { describe, expect, it } from '@jest/globals';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { successorId } from '../../src/domain/challenges/grant';
import { SessionStore } from '../../src/protocols/login/session-store';
import { type BrowserSession, sessionIdOf } from '../support/clients/browser-session';
import { logIn } from '../support/clients/logged-in-client';
import { openLoginPage } from '../support/clients/login-page';
import { askWith, codeFor, redeem } from '../support/clients/pkce-login';
import { registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor } from '../support/clients/wallet';

interface Issued {
  readonly nonce: string;
  readonly message: string;
}

const request = 'client_id=demo-spa&state=s';

describe.each(storesUnderTest)('the wallet button of the login page on %s', (store) => {
  const owner = privateKeyToAccount(generatePrivateKey());

  const service = fixture(() => startService(store));

  async function begin(query = request, chainId = 1, returning?: BrowserSession) {
    const page = await openLoginPage(service.url, query, returning);
    const response = await postJson(page.browser, { ...page.hidden, address: owner.address, chainId });
    const { nonce, message } = (await response.json()) as Issued;
    return { ...page, response, nonce, message };
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

    const { response, nonce, message, browser, hidden } = await begin(`client_id=${clientId}`);
    service.clock.advance(3_590_000);
    const late = await verify(browser, { ...hidden, nonce, signature: await owner.signMessage({ message }) });

    const [issuedAt, expirationTime] = ['Issued At', 'Expiration Time'].map((name) =>
      Date.parse(new RegExp(`^${name}: (.*)$`, 'm').exec(message)?.[1] ?? ''),
    );
    expect(response.status).toBe(201);
    expect(Number(expirationTime) - Number(issuedAt)).toBe(3_600_000);
    expect(late.status).toBe(303);
  });

  it("given the account's signature, when it is sent, then a session of the account begins and the request goes on", async () => {
    const { browser, hidden, nonce, message } = await begin(`${request}&prompt=login`, 8453);
    const signature = await owner.signMessage({ message });

    const response = await verify(browser, { ...hidden, nonce, signature });

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(`/authorize?${request}`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const session = await service.app.get(SessionStore).find(sessionIdOf(browser), service.clock.now());
    expect(session?.authentication).toEqual({
      sub: `eip155:1:${owner.address}`,
      amr: ['pop'],
      authTime: expect.any(Number),
      chainId: 8453,
    });
  });

  it('given no interrupted request, when the signature is sent, then the browser goes home', async () => {
    const { browser, hidden, nonce, message } = await begin('');

    const response = await verify(browser, { ...hidden, nonce, signature: await owner.signMessage({ message }) });

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/');
  });

  it('given no csrf field, when a challenge is asked for, then it is refused', async () => {
    const { browser } = await openLoginPage(service.url, request);

    const response = await postJson(browser, { address: owner.address });

    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ reason: 'csrf_invalid' });
  });

  it("given another browser's csrf field, when a signature is sent, then it is refused and stays usable", async () => {
    const { browser, hidden, nonce, message } = await begin();
    const victim = await openLoginPage(service.url, request);
    const signature = await owner.signMessage({ message });

    const planted = await verify(victim.browser, { ...hidden, nonce, signature });
    const own = await verify(browser, { ...hidden, nonce, signature });

    expect(planted.status).toBe(403);
    expect(victim.browser.cookie('tessera_session')).toBeUndefined();
    expect(own.status).toBe(303);
  });

  it('given a signature by another account, when it is sent, then it is signature_mismatch and no session begins', async () => {
    const { browser, hidden, nonce, message } = await begin();
    const thief = privateKeyToAccount(generatePrivateKey());

    const response = await verify(browser, { ...hidden, nonce, signature: await thief.signMessage({ message }) });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ reason: 'signature_mismatch' });
    expect(browser.cookie('tessera_session')).toBeUndefined();
  });

  it('given a signature that was used, when it is sent again, then it is challenge_used', async () => {
    const { browser, hidden, nonce, message } = await begin();
    const signature = await owner.signMessage({ message });
    await verify(browser, { ...hidden, nonce, signature });

    const response = await verify(browser, { ...hidden, nonce, signature });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ reason: 'challenge_used' });
  });

  it('given a signature that was used, when its session has been ended by a later login, then it is challenge_used still', async () => {
    const { browser, hidden, nonce, message } = await begin();
    const signature = await owner.signMessage({ message });
    await verify(browser, { ...hidden, nonce, signature });
    const ended = sessionIdOf(browser);
    const next = await begin(request, 1, browser);
    await verify(browser, { ...next.hidden, nonce: next.nonce, signature: await owner.signMessage(next) });

    const replay = await verify(browser, { ...hidden, nonce, signature });

    expect(ended).toBe(successorId('wallet_login', nonce));
    expect(await service.app.get(SessionStore).find(ended, service.clock.now())).toBeUndefined();
    expect(sessionIdOf(browser)).toBe(successorId('wallet_login', next.nonce));
    expect(replay.status).toBe(400);
    expect(await replay.json()).toMatchObject({ reason: 'challenge_used' });
  });

  it('given a signature that was used more than 2 s ago, when it is sent again from anywhere, then the session that it opened ends, with all that it gave', async () => {
    const { browser, hidden, nonce, message } = await begin();
    const signature = await owner.signMessage({ message });
    await verify(browser, { ...hidden, nonce, signature });
    const id = sessionIdOf(browser);
    const { tokens } = await logIn(service, browser, { scope: 'openid offline_access' });
    const inFlight = await codeFor(service, browser);
    const thief = await openLoginPage(service.url, request);
    service.clock.advance(2_100);

    const replay = await verify(thief.browser, { ...thief.hidden, nonce, signature });

    expect(replay.status).toBe(400);
    expect(await replay.json()).toMatchObject({ reason: 'challenge_used' });
    expect(await service.app.get(SessionStore).find(id, service.clock.now())).toBeUndefined();
    expect((await browser.fetch('/account')).headers.get('location')).toMatch(/^\/login/);
    expect((await askWith(service, tokens.accessToken)).status).toBe(401);
    expect((await redeem(service, inFlight)).body).toMatchObject({ reason: 'code_unknown' });
  });

  it.each([
    ['the signature within 2 s', 1_000, true],
    ['a signature by another key after that', 10_000, false],
    ['what is no signature after that', 10_000, undefined],
  ])('given %s, when it is sent again, then the session lives on', async (_which, later, isOwn) => {
    const { browser, hidden, nonce, message } = await begin();
    const signature = await owner.signMessage({ message });
    await verify(browser, { ...hidden, nonce, signature });
    const thief = privateKeyToAccount(generatePrivateKey());
    const shown = isOwn === undefined ? '0x00' : isOwn ? signature : await thief.signMessage({ message });
    service.clock.advance(later);

    const again = await verify(browser, { ...hidden, nonce, signature: shown });

    expect(await again.json()).toMatchObject({ reason: 'challenge_used' });
    expect((await browser.fetch('/account')).status).toBe(200);
  });

  it('given one signature, when it is sent 50 times at once, then one session begins and the others are challenge_used', async () => {
    const { browser, hidden, nonce, message } = await begin();
    const signature = await owner.signMessage({ message });

    const answers = await Promise.all(
      Array.from({ length: 50 }, () => verify(browser, { ...hidden, nonce, signature })),
    );

    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    const refused = await Promise.all(answers.filter(({ status }) => status !== 303).map((each) => each.json()));
    expect(new Set(refused.map((body) => (body as { reason: string }).reason))).toEqual(new Set(['challenge_used']));
  });

  it('given an expired challenge, when it is signed, then it is challenge_expired', async () => {
    const { browser, hidden, nonce, message } = await begin();
    service.clock.advance(300_000);

    const response = await verify(browser, { ...hidden, nonce, signature: await owner.signMessage({ message }) });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ reason: 'challenge_expired' });
  });

  it("given a challenge for one client, when it is sent for another's request, then it is challenge_unknown", async () => {
    const { browser, hidden, nonce, message } = await begin();
    const signature = await owner.signMessage({ message });

    const response = await verify(browser, { ...hidden, request: 'client_id=demo-client', nonce, signature });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ reason: 'challenge_unknown' });
  });

  it('given a challenge of the page, when it is shown to /wallet/verify, then it is challenge_unknown, and stays good here', async () => {
    const { browser, hidden, nonce, message } = await begin();
    const signature = await owner.signMessage({ message });
    const body = JSON.stringify({ nonce, signature });

    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${service.url}/wallet/verify`, { method: 'POST', headers, body });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ reason: 'challenge_unknown' });
    expect((await verify(browser, { ...hidden, nonce, signature })).status).toBe(303);
  });

  it('given a nonce of the API, when it is shown to the login page, then it is unknown there', async () => {
    const { browser, hidden } = await openLoginPage(service.url, request);
    const { nonce, message } = await challengeFor(service, owner);

    const response = await verify(browser, { ...hidden, nonce, signature: await owner.signMessage({ message }) });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ reason: 'challenge_unknown' });
  });

  it.each([
    ['an address that is none', { address: '0x1' }, 'address_invalid'],
    ['an operator object', { address: { $ne: null } }, 'address_invalid'],
    ['a chain id that is text', { chainId: 'one' }, 'chain_id_invalid'],
  ])('given %s, when a challenge is asked for, then it is 400', async (_case, fields, reason) => {
    const { browser, hidden } = await openLoginPage(service.url, request);

    const response = await postJson(browser, { ...hidden, address: owner.address, ...fields });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_request', reason });
  });

  it.each([['null'], ['[]'], ['"text"'], ['{']])(
    'given the body %s, when a challenge is asked for, then it is refused',
    async (body) => {
      const { browser } = await openLoginPage(service.url, request);

      const headers = { 'content-type': 'application/json' };
      const response = await browser.fetch('/login/wallet/challenge', { method: 'POST', headers, body });

      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ reason: 'body_invalid' });
    },
  );

  it.each([
    ['no nonce', { signature: `0x${'11'.repeat(65)}` }, 'nonce_invalid'],
    ['no signature', { nonce: 'a'.repeat(32) }, 'signature_invalid'],
    ['an unknown nonce', { nonce: 'a'.repeat(32), signature: `0x${'11'.repeat(65)}` }, 'challenge_unknown'],
  ])('given %s, when the form is sent, then it is 400', async (_case, fields: Record<string, string>, reason) => {
    const { browser, hidden } = await openLoginPage(service.url, request);

    const response = await verify(browser, { ...hidden, ...fields });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ reason });
  });
});

function postJson(browser: BrowserSession, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return browser.fetch('/login/wallet/challenge', { method: 'POST', headers, body: JSON.stringify(body) });
}

function verify(browser: BrowserSession, fields: Readonly<Record<string, string>>): Promise<Response> {
  return browser.postForm('/login/wallet', fields);
}

import { describe, expect, it } from '@jest/globals';
import { BrowserSession } from '../support/clients/browser-session';
import { sendPassword } from '../support/clients/login-page';
import { from, trustingItsPeer } from '../support/operations/audit';
import { authorizationQuery, redeem, codeFor, loggedIn } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';
import { newAccount, post, signedChallenge, verify } from '../support/clients/wallet';

const minute = 60_000;

describe.each(bothStores)('rate limits on %s', (store) => {
  const service = fixture(() => startService(store, { RATE_LIMIT: 'on', ...trustingItsPeer }));

  /** A new window, so that no test meets what another has counted. */
  function nextWindow(): void {
    service.clock.advance(minute - (service.clock.now() % minute));
  }

  const guess = (username: string, ip: string) =>
    sendPassword(new BrowserSession(service.url), { username, password: 'wrong' }, from(ip));

  it('given a guesser, when it is over the limit, then it is 429 in the envelope with seconds to wait, and after them it may', async () => {
    nextWindow();
    const statuses: number[] = [];
    for (let count = 0; count < 10; count += 1) statuses.push((await guess('user0', '192.0.2.1')).status);

    const over = await guess('user0', '192.0.2.1');
    const other = await guess('user1', '192.0.2.1');
    service.clock.advance(Number(over.headers.get('retry-after')) * 1_000);
    const after = await guess('user0', '192.0.2.1');

    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(over.status).toBe(429);
    expect(await over.json()).toEqual({ error: 'temporarily_unavailable', error_description: expect.any(String) });
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(over.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect([other.status, after.status]).toEqual([401, 401]);
  });

  it('given a guesser who adds blanks around the username, when it goes on, then all are guesses at one user', async () => {
    nextWindow();
    const statuses: number[] = [];
    for (const blanks of ['', ' ', '  ', '\t', '\u00a0', '\u3000', '\n', '\ufeff', ' \t', '\t ']) {
      statuses.push((await guess(`${blanks}user0${blanks}`, '192.0.2.40')).status);
    }

    const over = await guess('user0   ', '192.0.2.40');

    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(over.status).toBe(429);
  });

  it('given a guesser over the limit, when the victim logs in from elsewhere, then the victim is not locked out', async () => {
    nextWindow();
    for (let count = 0; count < 12; count += 1) await guess('user0', '192.0.2.2');

    const browser = await loggedIn(service);

    expect(browser.cookie('tessera_session')).toBeDefined();
  });

  it('given an address that tries many users, when it is over the limit, then every user is refused to it', async () => {
    nextWindow();
    const tries = await Promise.all(Array.from({ length: 61 }, (_, index) => guess(`user${index}`, '192.0.2.3')));

    expect(tries.filter(({ status }) => status === 401)).toHaveLength(60);
    expect(tries.filter(({ status }) => status === 429)).toHaveLength(1);
  });

  it('given another site that makes a browser send the form, when it goes on, then its person may still log in', async () => {
    nextWindow();
    const forged = () =>
      fetch(`${service.url}/login`, {
        method: 'POST',
        headers: { 'sec-fetch-site': 'cross-site' },
        body: new URLSearchParams({ username: 'user0', password: 'wrong' }),
      });
    const statuses = await Promise.all(Array.from({ length: 61 }, async () => (await forged()).status));

    const browser = await loggedIn(service);

    expect(new Set(statuses)).toEqual(new Set([403]));
    expect(browser.cookie('tessera_session')).toBeDefined();
  });

  it('given a visitor that opens pushed requests, when it is over the limit, then those alone are 429', async () => {
    nextWindow();
    const browser = new BrowserSession(service.url);
    const headers = from('192.0.2.30');
    const opening = `/authorize?client_id=demo-spa&request_uri=urn:ietf:params:oauth:request_uri:none`;

    // In turn: of two at once each could spend the last of one of the two budgets.
    const opened = [];
    for (let at = 0; at < 301; at += 1) opened.push(await browser.fetch(opening, { headers }));
    const other = await browser.fetch(`/authorize?${authorizationQuery()}`, { headers });

    expect(opened.filter(({ status }) => status === 400)).toHaveLength(300);
    expect(opened.filter(({ status }) => status === 429)).toHaveLength(1);
    expect(other.status).toBe(303);
  });

  it('given a nonce, when a guesser tries it over the limit, then its owner still signs in from elsewhere', async () => {
    nextWindow();
    const { signature, ...challenge } = await signedChallenge(service);
    const wrong = await newAccount().signMessage(challenge);
    const attempt = () =>
      post(service, '/wallet/verify', { nonce: challenge.nonce, signature: wrong }, from('192.0.2.4'));
    const statuses: number[] = [];
    for (let count = 0; count < 11; count += 1) statuses.push((await attempt()).status);

    const answer = await verify(service, challenge, signature);

    expect(statuses).toEqual([...Array(10).fill(400), 429]);
    expect(answer.status).toBe(200);
  });

  it('given limits, when one logs in as end-users do, then none is met', async () => {
    nextWindow();
    const browser = await loggedIn(service);

    const { status } = await redeem(service, await codeFor(service, browser));

    expect(status).toBe(200);
  });
});

describe('rate limits that are off', () => {
  it('given development, when a guesser goes on, then it is never 429', async () => {
    const service = await startService();
    const answers = await Promise.all(
      Array.from({ length: 80 }, () => post(service, '/wallet/verify', { nonce: 'x'.repeat(20), signature: '0x00' })),
    );
    await service.stop();

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
  });
});

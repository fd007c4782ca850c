import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { newSecret } from '../../src/domain/credentials/secret';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { eventually } from '../support/run/eventually';
import {
  authorizationQuery,
  codeFor,
  loggedIn,
  redeem,
  redirectUri,
  refresh,
  submitPassword,
} from '../support/clients/pkce-login';
import { sendPassword } from '../support/clients/login-page';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { newAccount, post, signIn } from '../support/clients/wallet';

/** What each series has grown by. */
type Growth = Readonly<Record<string, number>>;

/** The series of the bytes of `/wallet/verify`. */
function bytes(direction: string): string {
  return `tessera_login_bytes_total{model="wallet",step="verify",direction="${direction}"}`;
}

describe('the metrics of logins', () => {
  const service = fixture(startService);

  async function series(): Promise<Map<string, number>> {
    const text = await fetch(`${service.url}/metrics`).then((response) => response.text());
    const lines = text.split('\n').filter((line) => line.startsWith('tessera_login_'));
    return new Map(lines.map((line): [string, number] => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]));
  }

  /** How many requests of each step were timed. */
  async function timed(): Promise<(readonly [name: string, count: number])[]> {
    return [...(await series())].filter(([name]) => name.startsWith('tessera_login_duration_seconds_count'));
  }

  /** The requests of a step by outcome, that something made. */
  async function outcomesOf(act: () => Promise<unknown>): Promise<Growth> {
    const before = await series();
    await act();
    const grown = [...(await series())].flatMap(([name, value]) => {
      const [, model, step, outcome] =
        /^tessera_login_requests_total\{model="(\w+)",step="(\w+)",outcome="(\w+)",/.exec(name) ?? [];
      const growth = value - (before.get(name) ?? 0);
      return model === undefined || growth === 0 ? [] : [[`${model} ${step} ${outcome}`, growth] as const];
    });
    return Object.fromEntries(grown);
  }

  it('given logins of both models, when they are counted, then each step was ok', async () => {
    const outcomes = await outcomesOf(async () => {
      const browser = await loggedIn(service);
      const { body } = await redeem(service, await codeFor(service, browser, { scope: 'openid offline_access' }));
      await refresh(service, body['refresh_token']);
      await signIn(service, newAccount());
    });

    expect(outcomes).toEqual({
      'pkce login ok': 1,
      'pkce authorize ok': 1,
      'pkce token ok': 1,
      'both refresh ok': 1,
      'wallet challenge ok': 1,
      'wallet verify ok': 1,
    });
  });

  it('given pages that come first, when they are shown, then the outcome is what is left to do', async () => {
    const outcomes = await outcomesOf(async () => {
      const browser = new BrowserSession(service.url);
      const query = authorizationQuery({ prompt: 'consent' });
      const asked = await browser.fetch(`/authorize?${query}`);
      await submitPassword(browser, await (await browser.fetch(asked.headers.get('location') ?? '')).text());
      const page = await browser.fetch(`/authorize?${query}`).then((response) => response.text());
      await browser.postForm('/consent', { ...hiddenFields(page), decision: 'deny' });
      await browser.postForm('/consent', { ...hiddenFields(page), decision: 'allow' });
    });

    expect(outcomes).toEqual({
      'pkce authorize login': 1,
      'pkce login ok': 1,
      'pkce authorize consent': 1,
      'pkce consent denied': 1,
      'pkce consent ok': 1,
    });
  });

  it('given refusals of every kind, when they are counted, then the outcome is the reason', async () => {
    const outcomes = await outcomesOf(async () => {
      const browser = new BrowserSession(service.url);
      await sendPassword(browser, { password: 'wrong' });
      await browser.fetch(`/authorize?${authorizationQuery({ scope: 'nonsense' })}`);
      await browser.fetch(`/authorize?${authorizationQuery({ prompt: 'none' })}`);
      await browser.fetch(`/authorize?${authorizationQuery({ client_id: 'error=x' })}`);
      await post(service, '/wallet/verify', 'no JSON');
      await post(service, '/token', {});
      await fetch(`${service.url}/authorize`, { method: 'HEAD' });
    });

    expect(outcomes).toEqual({
      'pkce login password_wrong': 1,
      'pkce authorize scope_unknown': 1,
      'pkce authorize login_required': 1,
      'pkce authorize client_unknown': 1,
      'wallet verify body_invalid': 1,
      'pkce token invalid_request': 1,
    });
  });

  it('given codes and challenges that never were, when they are refused, then they are counted, and their time is not', async () => {
    const before = await timed();

    const outcomes = await outcomesOf(async () => {
      const code = { code: newSecret(), verifier: newSecret(), clientId: 'demo-spa', redirectUri, state: '' };
      await redeem(service, code);
      await post(service, '/wallet/verify', { nonce: 'a'.repeat(32), signature: '0x00' });
    });

    expect(outcomes).toEqual({ 'pkce token code_unknown': 1, 'wallet verify challenge_unknown': 1 });
    expect(await timed()).toEqual(before);
  });

  it('given several requests on one connection, when their bytes are counted, then they are those on the wire', async () => {
    const before = await series();
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    let arrived = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (arrived += chunk));
    const ask = async (request: string): Promise<number> => {
      const already = arrived.length;
      socket.write(request);
      await eventually(async () => /\r\n\r\n\{.*\}$/.test(arrived.slice(already)), { withinMs: 30_000, everyMs: 5 });
      return arrived.length - already;
    };
    const body = JSON.stringify({ nonce: 'x'.repeat(1_000), signature: '0x00' });
    const verify = `POST /wallet/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const other = 'GET /health/live HTTP/1.1\r\nHost: x\r\nX-Padding: some bytes\r\n\r\n';

    await ask(other);
    const first = await ask(verify);
    await ask(other);
    const second = await ask(verify);
    socket.end();
    await once(socket, 'close');

    const after = await series();
    const growth = (direction: string) => (after.get(bytes(direction)) ?? 0) - (before.get(bytes(direction)) ?? 0);
    expect(growth('received')).toBe(2 * verify.length);
    expect(growth('sent')).toBe(first + second);
  });
});

import { describe, expect, it } from '@jest/globals';
import { newSecret } from '../../src/domain/credentials/secret';
import { openLoginPage } from '../support/clients/login-page';
import { eventually } from '../support/run/eventually';
import { authorizationQuery, codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { sendRaw } from '../support/service/raw-http';
import { startService, type TestService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, newAccount, post, signIn } from '../support/clients/wallet';

const levels = { info: 30, warn: 40, error: 50 };

describe.each(storesUnderTest)('the log of requests on %s', (store) => {
  const service = fixture(() => startService(store));

  /** The lines that are written while something is done, once there are as many. */
  async function linesOf(count: number, act: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
    const before = service.log.length;
    await act();
    await eventually(async () => service.log.length >= before + count, { withinMs: 30_000, everyMs: 5 });
    return service.log.slice(before).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  it('given a code login, when it succeeds, then each request is one line that tells what happened to whom', async () => {
    const browser = await loggedIn(service);

    const [asked, redeemed, ...others] = await linesOf(2, async () => redeem(service, await codeFor(service, browser)));

    const common = { level: levels.info, msg: 'request', reqId: expect.any(String), ms: expect.any(Number) };
    expect(asked).toMatchObject({ ...common, method: 'GET', route: '/authorize', status: 303, event: 'code_issued' });
    expect(asked).toMatchObject({ client: 'demo-spa', sub: 'user0' });
    expect(redeemed).toMatchObject({ ...common, method: 'POST', route: '/token', status: 200, event: 'code_redeemed' });
    expect(redeemed).toMatchObject({ client: 'demo-spa', sub: 'user0', grant: expect.any(String) });
    expect(redeemed).not.toHaveProperty('reason');
    expect(others).toEqual([]);
  });

  it('given a wallet login, when it succeeds, then its lines name the client, the account and the grant', async () => {
    const account = newAccount();

    const [challenge, verified] = await linesOf(2, () => signIn(service, account));

    expect(challenge).toMatchObject({ level: levels.info, event: 'challenge_issued', client: 'demo-dapp' });
    expect(verified).toMatchObject({
      level: levels.info,
      event: 'challenge_redeemed',
      client: 'demo-dapp',
      sub: `eip155:1:${account.address}`,
      grant: expect.any(String),
    });
  });

  it('given credentials where none belongs, when the request is refused, then its line has none, and they are counted as their sender’s', async () => {
    const [caller, own] = [await redactions(service, 'caller'), await redactions(service, 'own')];
    const secret = newSecret();

    const [line] = await linesOf(1, () =>
      fetch(`${service.url}/callback/${secret}?code=${secret}`, {
        headers: { 'user-agent': `Client/1 Bearer ${secret}`, referer: `https://app.example/?access_token=${secret}` },
      }),
    );

    expect(JSON.stringify(line)).not.toContain(secret);
    expect([await redactions(service, 'caller'), await redactions(service, 'own')]).toEqual([caller + 4, own]);
  });

  it('given a replay, when it is refused, then its one line warns with the reason and all that happened', async () => {
    const account = newAccount();
    const { challenge, signature } = await signIn(service, account);
    service.clock.advance(60_000);

    const lines = await linesOf(1, () => post(service, '/wallet/verify', { nonce: challenge.nonce, signature }));

    expect(lines).toEqual([
      expect.objectContaining({
        level: levels.warn,
        msg: 'request',
        status: 400,
        reason: 'challenge_used',
        event: 'request_refused',
        events: ['replay_detected', 'grant_revoked', 'request_refused'],
        sub: `eip155:1:${account.address}`,
      }),
    ]);
  });

  it('given an error that goes back by redirect, when it is logged, then with its reason and its client', async () => {
    const query = authorizationQuery({ scope: 'nonsense' });

    const [line] = await linesOf(1, () => fetch(`${service.url}/authorize?${query}`, { redirect: 'manual' }));

    expect(line).toMatchObject({ level: levels.warn, status: 303, reason: 'scope_unknown', client: 'demo-spa' });
  });

  it('given refusals, when the client is known by then, then their lines name it', async () => {
    const code = await codeFor(service, await loggedIn(service));
    const { nonce } = await challengeFor(service, newAccount());
    const query = authorizationQuery({ code_challenge: undefined });

    const lines = [
      ...(await linesOf(1, () => fetch(`${service.url}/authorize?${query}`))),
      ...(await linesOf(1, () => redeem(service, code, { code_verifier: 'x'.repeat(43) }))),
      ...(await linesOf(1, () => post(service, '/wallet/verify', { nonce, signature: `0x${'11'.repeat(65)}` }))),
      ...(await linesOf(1, () => fetch(`${service.url}/authorize?client_id=nobody`))),
    ];

    expect(lines).toEqual([
      expect.objectContaining({ reason: 'code_challenge_required', client: 'demo-spa' }),
      expect.objectContaining({ reason: 'code_verifier_mismatch', client: 'demo-spa' }),
      expect.objectContaining({ status: 400, client: 'demo-dapp' }),
      expect.not.objectContaining({ client: expect.anything() }),
    ]);
  });

  it('given a wrong password, when the form comes again, then the line says so and not whose it was', async () => {
    const { browser, hidden } = await openLoginPage(service.url);
    const form = { ...hidden, username: 'user0', password: 'wrong' };

    const [line] = await linesOf(1, () => browser.postForm('/login', form));

    expect(line).toMatchObject({ level: levels.warn, status: 401, reason: 'password_wrong' });
    expect(line).not.toHaveProperty('sub');
  });

  it.each([
    ['a path that is none', '/nothing?secret=1', { status: 404, route: 'unmatched', reason: 'invalid_request' }],
    ['a path that cannot be read', '/%zz?secret=1', { status: 400, route: 'unmatched', reason: 'invalid_request' }],
  ])('given %s, when it is asked, then it is one line without the path', async (_case, path, expected) => {
    const lines = await linesOf(1, () => sendRaw(service, { method: 'GET', path }));

    expect(lines).toEqual([expect.objectContaining({ level: levels.warn, msg: 'request', ...expected })]);
    expect(JSON.stringify(lines)).not.toMatch(/nothing|zz|secret/);
  });
});

async function redactions({ url }: TestService, source: string): Promise<number> {
  const text = await fetch(`${url}/metrics`).then((response) => response.text());
  return Number(new RegExp(`tessera_redactions_total\\{source="${source}"\\} (\\d+)`).exec(text)?.[1]);
}

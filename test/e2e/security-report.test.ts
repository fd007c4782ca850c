import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SecurityReport } from '../../src/operations/audit/security-report.schemas';
import { newSecret } from '../../src/domain/credentials/secret';
import { admin, adminToken } from '../support/operations/admin';
import { from, trustingItsPeer } from '../support/operations/audit';
import { openLoginPage } from '../support/clients/login-page';
import { codeFor, loggedIn, postToken, redeem, refresh } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startServiceOn } from '../support/service/service';
import { emptyStore, storesUnderTest } from '../support/stores/stores';
import { tesseraHere } from '../support/operations/tessera-command';
import { challengeFor, newAccount, post, signIn } from '../support/clients/wallet';

const hour = 3_600_000;

const finding = ({ findings }: SecurityReport, name: string) => findings.filter((each) => each.name === name);

describe.each(storesUnderTest)('the security report on %s', (storeName) => {
  let tests = 0;
  const store = fixture(() => emptyStore(storeName));
  const service = fixture(() => startServiceOn(store, { ADMIN_TOKEN: adminToken, ...trustingItsPeer }));
  beforeEach(() => {
    // Each test has hours of its own, at the beginning of a minute, in which refusals are counted.
    tests += 1;
    service.clock.advance(tests * 4 * hour);
    service.clock.advance(60_000 - (service.clock.now() % 60_000));
  });

  async function report(since?: string): Promise<SecurityReport> {
    const query = since === undefined ? '' : `?${new URLSearchParams({ since })}`;
    const { status, body } = await admin(service, 'GET', `/security-report${query}`);
    if (status !== 200) throw new Error(`no report: ${status} ${JSON.stringify(body)}`);
    return body as unknown as SecurityReport;
  }

  const wrongCode = (ip: string) =>
    postToken(service, { grant_type: 'authorization_code', client_id: 'demo-spa', code: newSecret() }, from(ip));

  it('given good logins and a few that failed, when it is made, then it counts them and finds nothing', async () => {
    await redeem(service, await codeFor(service, await loggedIn(service)));
    const { answer } = await signIn(service, newAccount(), { scope: 'offline_access' });
    await refresh(service, answer.body['refresh_token'], { client_id: 'demo-dapp' });
    const code = await codeFor(service, await loggedIn(service));
    await redeem(service, code, { code_verifier: newSecret() });
    for (let count = 0; count < 9; count += 1) await post(service, '/wallet/challenge', { address: 'none' });

    const made = await report();

    expect(made).toEqual({
      since: expect.any(String),
      until: expect.any(String),
      events: { examined: expect.any(Number), complete: true },
      totals: {
        pkce: { success: 5, failure: 1, failure_rate: 0.1667 },
        wallet: { success: 2, failure: 9, failure_rate: 0.8182 },
        passkey: { success: 0, failure: 0, failure_rate: 0 },
        other: { success: 1, failure: 0, failure_rate: 0 },
      },
      failure_rate: 0.5882,
      failures: { address_invalid: 9, code_verifier_mismatch: 1 },
      findings: [],
    });
    expect(Date.parse(made.until) - Date.parse(made.since)).toBe(hour);
  });

  it('given an address that fails eleven times, and another ten, when it is made, then the one is found', async () => {
    for (let count = 0; count < 11; count += 1) await wrongCode('198.51.100.1');
    for (let count = 0; count < 10; count += 1) await wrongCode('198.51.100.2');

    expect((await report()).findings).toEqual([
      {
        name: 'failures_from_one_address',
        threshold: 10,
        count: 11,
        evidence: {
          ip: '198.51.100.1',
          reasons: { code_unknown: 11 },
          first: expect.any(String),
          last: expect.any(String),
        },
      },
    ]);
  });

  it('given an address that fails a hundred times from its many of IPv6, when it is made, then all are counted together', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, host) => wrongCode(`2001:db8:1:2::${(host + 1).toString(16)}`)));

    expect(finding(await report(), 'failures_from_one_address')).toMatchObject([
      { count: 100, evidence: { ip: '2001:db8:1:2::/64' } },
    ]);
  });

  it('given a code and a nonce that are tried from elsewhere too, when it is made, then both are found', async () => {
    const account = newAccount();
    const code = await codeFor(service, await loggedIn(service));
    const { nonce, message } = await challengeFor(service, account);
    await redeem(service, code, { code_verifier: newSecret() }, from('198.51.100.1'));
    await redeem(service, code, {}, from('198.51.100.2'));
    const verify = async (who: typeof account, ip: string) =>
      post(service, '/wallet/verify', { nonce, signature: await who.signMessage({ message }) }, from(ip));
    await verify(newAccount(), '198.51.100.3');
    await verify(account, '198.51.100.4');
    await redeem(service, await codeFor(service, await loggedIn(service)), {}, from('198.51.100.5'));

    const found = finding(await report(), 'one_challenge_from_several_addresses');

    const evidence = { challenge: expect.stringMatching(/^[\w-]{12}$/), tries: 2, redeemed: true };
    expect(found).toHaveLength(2);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          threshold: 1,
          count: 2,
          evidence: expect.objectContaining({ ...evidence, client_ids: ['demo-spa'] }),
        }),
        expect.objectContaining({
          count: 2,
          evidence: expect.objectContaining({ ips: expect.arrayContaining(['198.51.100.3', '198.51.100.4']) }),
        }),
      ]),
    );
    expect(JSON.stringify(found)).not.toContain(nonce);
  });

  it('given verifiers that do not match, when a client has more of them than usual, then it is found', async () => {
    const code = await codeFor(service, await loggedIn(service));
    const mismatch = (count: number) =>
      Promise.all(Array.from({ length: count }, () => redeem(service, code, { code_verifier: newSecret() })));
    await mismatch(2);
    service.clock.advance(hour);
    const again = await codeFor(service, await loggedIn(service));
    Object.assign(code, again);
    await mismatch(6);
    const first = finding(await report(), 'verifier_mismatches_above_usual');
    await mismatch(1);
    const second = finding(await report(), 'verifier_mismatches_above_usual');

    expect(first).toEqual([]);
    expect(second).toMatchObject([{ threshold: 6, count: 7, evidence: { client_id: 'demo-spa', usual: 2 } }]);
  });

  it('given what is used a second time, when it is made, then replays and refresh reuse name client, subject and grant', async () => {
    const scope = 'openid offline_access';
    const code = await codeFor(service, await loggedIn(service), { scope });
    const { body } = await redeem(service, code);
    const { body: rotated } = await refresh(service, body['refresh_token']);
    await refresh(service, rotated['refresh_token']);
    service.clock.advance(20_000);
    await refresh(service, body['refresh_token']);
    const spent = await codeFor(service, await loggedIn(service));
    await redeem(service, spent);
    service.clock.advance(3_000);
    await redeem(service, spent);

    const made = await report();

    const evidence = {
      client_id: 'demo-spa',
      subs: ['user0'],
      grant_ids: [expect.any(String)],
      ips: [expect.any(String)],
    };
    expect(finding(made, 'replays')).toMatchObject([{ threshold: 0, count: 1, evidence }]);
    expect(finding(made, 'refresh_reuse')).toMatchObject([{ threshold: 0, count: 1, evidence }]);
  });

  it('given an address that collects challenges, when it is made, then it is found, and one that redeems its own is not', async () => {
    const account = newAccount();
    const challenge = (ip: string) => post(service, '/wallet/challenge', { address: account.address }, from(ip));
    await Promise.all(Array.from({ length: 51 }, () => challenge('198.51.100.1')));
    for (let count = 0; count < 5; count += 1) await signIn(service, account);

    expect(finding(await report(), 'challenge_farming')).toMatchObject([
      {
        threshold: 50,
        count: 51,
        evidence: { ip: '198.51.100.1', codes: 0, challenges: 51, client_ids: ['demo-dapp'] },
      },
    ]);
  });

  it('given a user whose password is tried from six addresses, when it is made, then the user is named, and no unknown one', async () => {
    const { browser, hidden } = await openLoginPage(service.url);
    for (let host = 1; host <= 6; host += 1) {
      for (const username of ['user0', 'nobody-at-all']) {
        await browser.postForm('/login', { ...hidden, username, password: 'wrong' }, from(`198.51.100.${host}`));
      }
    }

    const found = finding(await report(), 'guesses_at_one_user');

    expect(found).toMatchObject([{ threshold: 5, count: 6, evidence: { sub: 'user0', attempts: 6 } }]);
    expect(found).toHaveLength(1);
  });

  it('given six addresses that were refused often before, when each tries a password, then the user is found all the same', async () => {
    const { browser, hidden } = await openLoginPage(service.url);
    for (let host = 1; host <= 6; host += 1) {
      const headers = from(`198.51.100.${host}`);
      await Promise.all(Array.from({ length: 20 }, () => fetch(`${service.url}/userinfo`, { headers })));
      await browser.postForm('/login', { ...hidden, username: 'user0', password: 'wrong' }, headers);
    }

    expect(finding(await report(), 'guesses_at_one_user')).toMatchObject([
      { count: 6, evidence: { sub: 'user0', attempts: 6 } },
    ]);
  });

  it('given an address with more logins than are told one by one, when all were redeemed, then it collects nothing', async () => {
    const account = newAccount();
    for (let count = 0; count < 75; count += 1) await signIn(service, account);

    expect((await report()).findings).toEqual([]);
  });

  it('given a time, when it is asked for, then the report is of that; and a wrong one is refused', async () => {
    await wrongCode('198.51.100.1');
    service.clock.advance(2 * hour);

    const [short, long, longest] = [await report('1h'), await report('3h'), await report('3650d')];
    const answers = await Promise.all(
      ['since=soon', 'since=1h&since=2h', 'until=1h'].map((query) =>
        admin(service, 'GET', `/security-report?${query}`),
      ),
    );

    expect([short.totals.pkce.failure, long.totals.pkce.failure]).toEqual([0, 1]);
    expect(Date.parse(longest.until) - Date.parse(longest.since)).toBe(30 * 24 * hour);
    expect(answers.map(({ status, body }) => [status, body['reason']])).toEqual(
      answers.map(() => [400, 'field_invalid']),
    );
  });

  it('given a shell, when the report and the events are asked for, then they are told to people and to programs', async () => {
    const empty = emptyStore(storeName);
    const runThere = (...args: readonly string[]) => tesseraHere(args, empty.env);
    await runThere('clients', 'add', '--client-id', 'told', '--redirect-uris', 'https://a.example/cb');

    const text = await runThere('security-report', '--since', '10m');
    const json = await runThere('security-report', '--json');
    const tail = await runThere('audit', 'tail', '--client-id', 'told');
    const events = await runThere('audit', 'tail', '--type', 'client_added', '--limit', '1', '--json');
    const refused = [
      await runThere('audit', 'tail', '--type', 'painted'),
      await runThere('audit', 'tail', '--since', 'soon'),
      await runThere('audit', 'tail', '--limit', '0'),
      await runThere('audit', 'erase'),
      await runThere('audit', 'erase', '--sub', ''),
      await runThere('security-report', 'now'),
    ];

    await empty.remove();

    expect(text.stdout).toMatch(
      /^\S+ to \S+, \d+ events\npkce: 0 succeeded, 0 failed \(0\.00 %\)\n[^]*nothing suspicious\n$/,
    );
    expect(JSON.parse(json.stdout)).toMatchObject({ totals: {}, findings: [] });
    expect(tail.stdout).toMatch(/^\S+ {2}client_added {2}- {2}success {2}told {2}- {2}- {2}by command \S+\n$/);
    expect(JSON.parse(events.stdout).data).toMatchObject([{ type: 'client_added', client_id: 'told' }]);
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 1));
    expect(refused.map(({ stderr }) => stderr.split('\n').length)).toEqual(refused.map(() => 2));
  });

  it('given a person, when a shell erases it, then the events that named it name nobody', async () => {
    const account = newAccount();
    const sub = `eip155:1:${account.address}`;
    await signIn(service, account);

    const { status, stdout } = await tesseraHere(['audit', 'erase', '--sub', sub], store.env);
    const { body } = await admin(service, 'GET', `/audit-events?${new URLSearchParams({ sub })}`);
    const erased = await admin(service, 'GET', '/audit-events?type=audit_erased');

    expect([status, stdout]).toEqual([0, 'erased from 1 events\n']);
    expect(body).toEqual({ data: [] });
    expect(erased.body['data']).toMatchObject([{ type: 'audit_erased', count: 1 }]);
    expect(JSON.stringify(erased.body)).not.toContain(account.address);
  });
});

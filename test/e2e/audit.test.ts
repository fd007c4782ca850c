import { userInfo } from 'node:os';
import { beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { ShownEvent } from '../../src/operations/audit/audit-reader';
import { AuditStore } from '../../src/operations/audit/audit-store';
import { newSecret } from '../../src/domain/credentials/secret';
import { admin, adminToken } from '../support/operations/admin';
import { auditPage, eventsOf, from, trustingItsPeer } from '../support/operations/audit';
import { BrowserSession } from '../support/clients/browser-session';
import { sendPassword } from '../support/clients/login-page';
import { authorizationQuery, codeFor, loggedIn, postToken, redeem, refresh } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { sampleEvent } from '../support/stores/sample-events';
import { registerClient } from '../support/clients/registered';
import { startServiceOn } from '../support/service/service';
import { emptyStore, storesUnderTest } from '../support/stores/stores';
import { tesseraHere } from '../support/operations/tessera-command';
import { challengeFor, newAccount, post, signIn, signInByOwnMessage } from '../support/clients/wallet';
import { fewerRuns } from '../support/run/property-runs';

const fields = new Set([
  'id',
  'seq',
  'time',
  'type',
  'model',
  'client_id',
  'sub',
  'grant_id',
  'outcome',
  'reason',
  'actor',
  'target',
  'changed',
  'ip',
  'user_agent',
  'duration_ms',
  'request_id',
  'count',
]);
const minute = 60_000;

const types = (events: readonly ShownEvent[]) => events.map(({ type }) => type);
const counted = (events: readonly ShownEvent[]) => events.filter(({ count }) => count !== undefined);

describe.each(storesUnderTest)('the audit trail on %s', (storeName) => {
  let tests = 0;
  const store = fixture(() => emptyStore(storeName));
  const service = fixture(() => startServiceOn(store, { ADMIN_TOKEN: adminToken, ...trustingItsPeer }));
  const later = async (query: Readonly<Record<string, string | number>>) => {
    const { status, body } = await admin(service, 'GET', `/audit-events?${new URLSearchParams(textsIn(query))}`);
    expect(status).toBe(200);
    return body as unknown as { readonly data: readonly ShownEvent[]; readonly next_seq: number };
  };
  const append = async (...given: Parameters<AuditStore['append']>) => service.app.get(AuditStore).append(...given);
  beforeEach(() => {
    // Each test after those before it, and at the beginning of a minute: refusals and reads of one are counted together.
    tests += 1;
    service.clock.advance(tests * 10 * minute);
    service.clock.advance(minute - (service.clock.now() % minute));
  });

  const run = (...args: readonly string[]) => tesseraHere(args, store.env);
  const told = (atLeast: number, act: () => Promise<unknown>) => eventsOf(service, act, atLeast);

  it('given a code login, when it succeeds, then its events tell who, where, when and by which client', async () => {
    const events = await told(3, async () => redeem(service, await codeFor(service, await loggedIn(service))));

    const common = {
      id: expect.stringMatching(/^[\da-z]{19}$/),
      seq: expect.any(Number),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      model: 'pkce',
      sub: 'user0',
      outcome: 'success',
      ip: expect.stringMatching(/^(?:127\.0\.0\.1|::1)$/),
      user_agent: 'node',
      duration_ms: expect.any(Number),
      request_id: expect.stringMatching(/^req-/),
    };
    expect(events).toStrictEqual([
      { ...common, type: 'session_begun' },
      { ...common, type: 'code_issued', client_id: 'demo-spa' },
      { ...common, type: 'code_redeemed', client_id: 'demo-spa', grant_id: expect.stringMatching(/^[\w-]{22}$/) },
    ]);
  });

  it('given a wallet login and a refresh, when they succeed, then their events name the account and its grant', async () => {
    const account = newAccount();

    const events = await told(3, async () => {
      const { answer } = await signIn(service, account, { scope: 'openid offline_access' });
      await refresh(service, answer.body['refresh_token'], { client_id: 'demo-dapp' });
    });

    const whom = { client_id: 'demo-dapp', sub: `eip155:1:${account.address}`, grant_id: expect.any(String) };
    expect(events).toMatchObject([
      { type: 'challenge_issued', model: 'wallet', outcome: 'success', client_id: 'demo-dapp' },
      { type: 'challenge_redeemed', model: 'wallet', outcome: 'success', ...whom },
      { type: 'tokens_refreshed', outcome: 'success', ...whom },
    ]);
    expect(events[0]).not.toHaveProperty('sub');
    expect(events[2]).not.toHaveProperty('model');
  });

  it('given a message that the wallet wrote, when it succeeds, then its events are those of any wallet login', async () => {
    const account = newAccount();
    const { clientId } = await registerClient(service, { walletOrigin: 'https://a.example', walletMessage: 'wallet' });

    const events = await told(2, () => signInByOwnMessage(service, account, { clientId }));

    expect(events).toMatchObject([
      { type: 'challenge_issued', model: 'wallet', outcome: 'success', client_id: clientId },
      { type: 'challenge_redeemed', model: 'wallet', client_id: clientId, sub: `eip155:1:${account.address}` },
    ]);
  });

  it('given refusals of both models, when they are told, then with model, reason and the client that is known by then', async () => {
    const account = newAccount();
    const browser = await loggedIn(service);
    const code = await codeFor(service, browser);
    const { nonce } = await challengeFor(service, account);
    const foreign = await newAccount().signMessage({ message: 'another' });

    const events = await told(6, async () => {
      await fetch(`${service.url}/authorize?${authorizationQuery({ code_challenge: undefined })}`);
      await fetch(`${service.url}/authorize?${authorizationQuery({ client_id: 'nobody' })}`);
      await redeem(service, code, { code_verifier: newSecret() });
      await post(service, '/wallet/verify', { nonce, signature: foreign });
      await post(service, '/wallet/challenge', { address: 'none' });
      await fetch(`${service.url}/nothing-here`);
    });

    const refused = { type: 'request_refused', outcome: 'failure' };
    expect(events).toMatchObject([
      { ...refused, model: 'pkce', reason: 'code_challenge_required', client_id: 'demo-spa' },
      { ...refused, model: 'pkce', reason: 'client_unknown' },
      { ...refused, model: 'pkce', reason: 'code_verifier_mismatch', client_id: 'demo-spa' },
      { ...refused, model: 'wallet', reason: 'signature_mismatch', client_id: 'demo-dapp' },
      { ...refused, model: 'wallet', reason: 'address_invalid' },
      { ...refused, reason: 'invalid_request' },
    ]);
    expect(events[1]).not.toHaveProperty('client_id');
    expect(events[5]).not.toHaveProperty('model');
  });

  it('given a replay, when it is refused, then the refusal names the grant and the subject as the detection does', async () => {
    const code = await codeFor(service, await loggedIn(service));
    await redeem(service, code);
    service.clock.advance(3_000);

    const events = await told(3, () => redeem(service, code));

    const whom = { client_id: 'demo-spa', sub: 'user0', grant_id: expect.any(String), model: 'pkce' };
    expect(events).toMatchObject([
      { type: 'replay_detected', outcome: 'failure', ...whom },
      { type: 'grant_revoked', outcome: 'success', reason: 'replay', ...whom },
      { type: 'request_refused', outcome: 'failure', reason: 'code_used', ...whom },
    ]);
    expect(new Set(events.map(({ request_id: id }) => id)).size).toBe(1);
  });

  it('given a signature that comes twice, when the second is refused, then the refusal names the client', async () => {
    const { challenge, signature } = await signIn(service, newAccount());

    const events = await told(1, () => post(service, '/wallet/verify', { nonce: challenge.nonce, signature }));

    expect(events).toMatchObject([
      { type: 'request_refused', model: 'wallet', reason: 'challenge_used', client_id: 'demo-dapp' },
    ]);
  });

  it('given wrong passwords, when they are told, then a user is named whose password it was, and an unknown name nowhere', async () => {
    const browser = new BrowserSession(service.url);

    const events = await told(2, async () => {
      for (const username of ['user0', 'a-name-that-nobody-has'])
        await sendPassword(browser, { username, password: 'wrong' });
    });

    expect(events).toMatchObject([
      { type: 'request_refused', reason: 'password_wrong', model: 'pkce', sub: 'user0' },
      { type: 'request_refused', reason: 'password_wrong', model: 'pkce' },
    ]);
    expect(events[1]).not.toHaveProperty('sub');
    expect(JSON.stringify(events)).not.toContain('a-name-that-nobody-has');
  });

  it('given what an operator does, when it is told, then so is what it was done to', async () => {
    const events = await told(2, async () => {
      const { body } = await admin(service, 'POST', '/users', { username: 'Audited', password: 'correct horse' });
      await admin(service, 'DELETE', `/users/${String(body['id'])}`);
    });

    const sub = events[0]?.sub;
    expect(sub).toMatch(/^[\w-]{22}$/);
    expect(events).toMatchObject([
      { type: 'user_added', outcome: 'success', sub, ip: expect.any(String) },
      { type: 'user_removed', outcome: 'success', sub },
    ]);
  });

  it('given what a command does, when it has ended, then that is told too', async () => {
    await run('clients', 'add', '--client-id', 'audited', '--redirect-uris', 'https://a.example/cb');
    await run('clients', 'secret', 'audited');
    await run('clients', 'remove', 'audited');
    await run('keys', 'rotate');

    const { data } = await auditPage(service, { client_id: 'audited' });
    const keys = await auditPage(service, { type: 'keys_rotated' });

    expect(types(data)).toEqual(['client_removed', 'client_secret_added', 'client_added']);
    expect(data[0]).toStrictEqual({
      id: expect.any(String),
      seq: expect.any(Number),
      time: expect.any(String),
      type: 'client_removed',
      client_id: 'audited',
      outcome: 'success',
      actor: { type: 'command', id: userInfo().username, name: userInfo().username },
      target: { kind: 'client', id: 'audited' },
    });
    expect(data[1]?.changed).toEqual([]);
    expect(data[2]?.changed).toEqual(['client_id', 'redirect_uris']);
    expect(keys.data).toMatchObject([
      { target: { kind: 'key', id: expect.stringMatching(/^[\w-]{43}$/) }, changed: [] },
    ]);
  });

  it('given reads of the administration, when they are of one minute, then each route is one event with their number', async () => {
    const since = new Date(service.clock.now()).toISOString();
    await often(5, () => admin(service, 'GET', '/clients', undefined, from('198.51.100.9')));
    await admin(service, 'DELETE', '/grants?sub=nobody', undefined, from('198.51.100.9'));
    service.clock.advance(minute);

    const { data } = await auditPage(service, { type: 'admin_read', since, ip: '198.51.100.9' });

    const read = { type: 'admin_read', outcome: 'success', ip: '198.51.100.9' };
    expect(data).toMatchObject([
      { ...read, target: { kind: 'route', id: 'DELETE /admin/grants' } },
      { ...read, target: { kind: 'route', id: 'GET /admin/clients' }, count: 5 },
    ]);
  });

  it('given an address that goes on regardless, when its refusals are told, then twenty, and one with the others when the minute is over', async () => {
    const ip = '198.51.100.20';
    const since = new Date(service.clock.now()).toISOString();
    const wrong = { grant_type: 'authorization_code', client_id: 'demo-spa', code: newSecret() };
    await Promise.all(Array.from({ length: 50 }, () => postToken(service, wrong, from(ip))));
    const first = (await auditPage(service, { ip, since })).data;
    await often(5, () => postToken(service, wrong, from(ip)));
    service.clock.advance(minute);
    await postToken(service, wrong, from(ip));

    const { data } = await auditPage(service, { ip, since });

    expect([first.length, data.length]).toEqual([20, 22]);
    expect(counted(data)).toMatchObject([{ reason: 'code_unknown', client_id: 'demo-spa', model: 'pkce', count: 35 }]);
    expect(counted(data)[0]?.seq).toBeGreaterThan(Math.max(...first.map(({ seq }) => seq)));
  });

  it('given an address that asks, and redeems nothing, when it goes on, then twenty are told, and one with the others of the minute', async () => {
    const [ip, since] = ['198.51.100.30', new Date(service.clock.now()).toISOString()];
    const browser = await loggedIn(service);
    const { address } = newAccount();
    const headers = from(ip);
    await often(50, () => fetch(`${service.url}/authorize?${authorizationQuery()}`, { headers, redirect: 'manual' }));
    await often(50, () => browser.fetch(`/authorize?${authorizationQuery()}`, { headers }));
    await often(50, () => post(service, '/wallet/challenge', { address }, headers));
    service.clock.advance(minute);

    const { data } = await auditPage(service, { ip, since });
    expect(counted(data).map(({ type, count }) => [type, count])).toEqual([
      ['challenge_issued', 50],
      ['code_issued', 30],
      ['login_asked', 30],
    ]);
    expect(data).toHaveLength(43);
  });

  it('given an address that is refused for something else, when it guesses at a user, then every guess names that user', async () => {
    const [ip, since] = ['198.51.100.40', new Date(service.clock.now()).toISOString()];
    const browser = new BrowserSession(service.url);
    await Promise.all(Array.from({ length: 20 }, () => fetch(`${service.url}/userinfo`, { headers: from(ip) })));

    await often(9, () => sendPassword(browser, { password: 'wrong' }, from(ip)));
    service.clock.advance(minute);

    const { data } = await auditPage(service, { ip, since, sub: 'user0' });
    expect(data.map(({ count = 1 }) => count).toSorted()).toEqual([1, 1, 1, 1, 1, 1, 3]);
    expect(data.every(({ reason }) => reason === 'password_wrong')).toBe(true);
  });

  it('given hostile headers, when they are told, then without control characters, credentials and more than 256 characters', async () => {
    const agents = [`Bearer ${newSecret()}`, `eyJhbGciOiJFUzI1NiJ9.${newSecret()}.x`, 'ä'.repeat(300), 'a\tb'];

    const events = await told(4, async () => {
      for (const agent of agents) await fetch(`${service.url}/nothing`, { headers: { 'user-agent': latin(agent) } });
    });

    const shown = events.map(({ user_agent: agent }) => agent);
    expect(shown.slice(0, 2)).toEqual(['Bearer …', '…']);
    expect(shown[2]).toHaveLength(256);
    expect(shown[3]).toBe('ab');
  });

  describe('GET /admin/audit-events', () => {
    it('given a person, a client, a type or an address, when it is asked for, then its events come, newest first', async () => {
      const account = newAccount();
      const sub = `eip155:1:${account.address}`;
      await signIn(service, account);

      const bySub = await auditPage(service, { sub });
      const byBoth = await auditPage(service, { sub, client_id: 'demo-dapp', type: 'challenge_redeemed' });
      const none = await auditPage(service, { sub, client_id: 'demo-spa' });
      const all = await auditPage(service);

      expect(types(bySub.data)).toEqual(['challenge_redeemed']);
      expect(byBoth).toEqual(bySub);
      expect(none).toEqual({ data: [] });
      const ids = all.data.map(({ id }) => id);
      expect(ids).toEqual(ids.toSorted().toReversed());
      expect(all.data.flatMap((event) => Object.keys(event).filter((name) => !fields.has(name)))).toEqual([]);
    });

    it('given pages, when they are followed, then each event comes once, between the times that are asked for', async () => {
      const sub = newSecret().slice(0, 10);
      const now = service.clock.now();
      const all = Array.from({ length: 250 }, (_, place) => sampleEvent(now - 60_000 + place * 100, { sub }));
      await service.app.get(AuditStore).append(all);
      const [since = '', until = ''] = [all[10], all[240]].map((event) => event?.time ?? '');
      const ids: string[] = [];

      for (let after: string | undefined = ''; after !== undefined;) {
        const page = await auditPage(service, { sub, since, until, limit: '99', ...(after && { after }) });
        ids.push(...page.data.map(({ id }) => id));
        after = page.next;
      }

      const between = all.slice(10, 240).map(({ id }) => id);
      expect(ids).toEqual(between.toReversed());
    });

    it.each([
      ['an unknown parameter', 'colour=red'],
      ['a parameter twice', 'type=code_issued&type=code_redeemed'],
      ['an unknown type', 'type=painted'],
      ['no time', 'since=yesterday'],
      ['a day that there is not', 'until=2026-02-30T00:00:00Z'],
      ['a time without a zone', 'since=2026-01-01T00:00:00'],
      ['seconds since the epoch', 'since=1767225600'],
      ['no address', 'ip=localhost'],
      ['a network of another size', 'ip=10.0.0.0/8'],
      ['a limit of none', 'limit=0'],
      ['too high a limit', 'limit=101'],
      ['a page that there was not', 'after=somewhere'],
      ['no seq', 'after_seq=-1'],
      ['a seq beside a page', 'after_seq=1&after=0mjmd3kw7000ade5f60'],
    ])('given %s, when it is asked, then it is field_invalid', async (_what, query) => {
      const { status, body } = await admin(service, 'GET', `/audit-events?${query}`);

      expect([status, body['error'], body['reason']]).toEqual([400, 'invalid_request', 'field_invalid']);
    });

    it('given any text in any parameter, when it is asked, then it is a page or field_invalid', async () => {
      const names = ['type', 'client_id', 'sub', 'ip', 'since', 'until', 'limit', 'after', 'after_seq'];
      await fc.assert(
        fc.asyncProperty(
          fc.dictionary(fc.constantFrom(...names), fc.string({ unit: 'binary', maxLength: 60 }), { maxKeys: 3 }),
          async (given) => {
            const { status, body } = await admin(service, 'GET', `/audit-events?${new URLSearchParams(given)}`);

            if (status === 200) expect(body['data']).toBeInstanceOf(Array);
            else expect([status, body['reason']]).toEqual([400, 'field_invalid']);
          },
        ),
        fewerRuns(60),
      );
    });

    it('given who prefers NDJSON, when it is asked for, then all that match come, one event a line', async () => {
      const sub = newSecret().slice(0, 10);
      const now = service.clock.now();
      const all = Array.from({ length: 2_500 }, (_, place) => sampleEvent(now - 30_000 + place, { sub }));
      await service.app.get(AuditStore).append(all);
      const ask = (query: string, accept: string) =>
        fetch(`${service.url}/admin/audit-events?sub=${sub}${query}`, {
          headers: { authorization: `Bearer ${adminToken}`, accept },
        });

      const response = await ask('', 'application/x-ndjson, application/json;q=0.5');
      const limited = await ask('&limit=3', 'application/x-ndjson');
      const page = await ask('', '*/*');

      const lines = (await response.text()).split('\n');
      expect(response.headers.get('content-type')).toBe('application/x-ndjson');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(lines.pop()).toBe('');
      expect(lines.map((line) => (JSON.parse(line) as ShownEvent).id)).toEqual(all.map(({ id }) => id).toReversed());
      expect((await limited.text()).split('\n')).toHaveLength(4);
      expect(page.headers.get('content-type')).toContain('application/json');
      expect(((await page.json()) as { data: unknown[] }).data).toHaveLength(100);
    });

    describe('after_seq', () => {
      it('given events, when they are followed by pages, then each comes once, ascending, and the end is where to go on', async () => {
        const [sub, now] = [newSecret().slice(0, 10), service.clock.now()];
        const { next_seq: begin } = await later({ after_seq: 0, sub });
        const batch = Array.from({ length: 25 }, (_, place) => sampleEvent(now + place, { sub }));
        await append(batch.slice(0, 20));
        await append(batch.slice(20), true);

        const pages = [await later({ after_seq: begin, sub, limit: 10 })];
        for (const page of pages) {
          if (page.data.length === 10) pages.push(await later({ after_seq: page.next_seq, sub, limit: 10 }));
        }
        const { data, next_seq: end } = await later({ after_seq: pages.at(-1)?.next_seq ?? 0, sub });
        const late = sampleEvent(now - 60_000, { sub });
        await append([late]);

        const all = pages.flatMap((page) => page.data);
        expect(pages.map((page) => page.data.length)).toEqual([10, 10, 5]);
        expect(pages[0]?.next_seq).toBe(pages[0]?.data.at(-1)?.seq);
        expect(all.map(({ id }) => id)).toEqual(batch.map(({ id }) => id));
        expect(all.map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq).toSorted((a, b) => a - b));
        expect(data).toEqual([]);
        expect((await later({ after_seq: end, sub })).data.map(({ id }) => id)).toEqual([late.id]);
        expect((await later({ after_seq: 900_000_000, sub })).next_seq).toBe(900_000_000);
      });

      it('given who prefers NDJSON, when it is asked, then they come ascending, and at last the seq to go on behind', async () => {
        const [sub, now] = [newSecret().slice(0, 10), service.clock.now()];
        const batch = Array.from({ length: 1_300 }, (_, place) => sampleEvent(now + place, { sub }));
        await append(batch);
        const ask = async (query: string) => {
          const headers = { authorization: `Bearer ${adminToken}`, accept: 'application/x-ndjson' };
          const response = await fetch(`${service.url}/admin/audit-events?sub=${sub}${query}`, { headers });
          const lines = (await response.text()).trimEnd().split('\n');
          return lines.map((line) => JSON.parse(line) as Partial<ShownEvent> & { readonly last_seq?: number });
        };

        const all = await ask('&after_seq=0');
        const end = all.pop();
        const some = await ask('&after_seq=0&limit=3');

        expect(all.map(({ id }) => id)).toEqual(batch.map(({ id }) => id));
        expect(end).toEqual({ last_seq: expect.any(Number) });
        expect(await ask(`&after_seq=${end?.last_seq}`)).toEqual([{ last_seq: expect.any(Number) }]);
        expect(some.map(({ id }) => id)).toEqual([...batch.slice(0, 3).map(({ id }) => id), undefined]);
        expect(some[3]).toEqual({ last_seq: some[2]?.seq });
      });
    });

    it('given a reader of NDJSON that goes, when it has gone, then the service goes on', async () => {
      const sub = newSecret().slice(0, 10);
      const now = service.clock.now();
      const event = (place: number) => sampleEvent(now + place, { sub, user_agent: 'x'.repeat(256) });
      for (let batch = 0; batch < 20; batch += 1) {
        const events = Array.from({ length: 1_000 }, (_, place) => event(batch * 1_000 + place));
        await service.app.get(AuditStore).append(events);
      }
      const headers = { authorization: `Bearer ${adminToken}`, accept: 'application/x-ndjson' };
      const gone = new AbortController();

      const response = await fetch(`${service.url}/admin/audit-events?sub=${sub}`, { headers, signal: gone.signal });
      const reader = response.body?.getReader();
      const { value } = (await reader?.read()) ?? {};
      gone.abort();

      expect(value?.length).toBeGreaterThan(0);
      expect((await auditPage(service, { sub, limit: '1' })).data).toHaveLength(1);
    });
  });
});

function textsIn(query: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
}

/** As a header can carry it. */
function latin(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** Does something one time after the other. */
async function often(times: number, one: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < times; done += 1) await one();
}

import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../src/operations/audit/audit-event';
import { AuditStore } from '../../src/operations/audit/audit-store';
import type { ServiceEventType } from '../../src/domain/events/event';
import { admin, adminToken } from '../support/operations/admin';
import { BrowserSession } from '../support/clients/browser-session';
import { sendPassword } from '../support/clients/login-page';
import { eventually } from '../support/run/eventually';
import { fixture } from '../support/run/fixture';
import { hangUp, type UnansweredRequest } from '../support/service/hang-up';
import { startService } from '../support/service/service';
import { bothStores } from '../support/stores/stores';
import { newAccount } from '../support/clients/wallet';

const within = { withinMs: 30_000 };

describe.each(bothStores)('requests whose connection closes before they are answered, on %s', (storeName) => {
  const service = fixture(() => startService(storeName, { ADMIN_TOKEN: adminToken }));

  async function kept(type: ServiceEventType): Promise<AuditEvent[]> {
    const events: AuditEvent[] = [];
    for await (const batch of service.app.get(AuditStore).newest({ type })) events.push(...batch);
    return events;
  }

  const linesOf = (route: string) =>
    service.log.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line['route'] === route);

  async function metric(name: string): Promise<number> {
    const text = await fetch(`${service.url}/metrics`).then((response) => response.text());
    return text
      .split('\n')
      .filter((line) => line.startsWith(name))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** Sends the form of the login page without waiting for what comes of it. */
  async function sendForm(password: string): Promise<void> {
    const browser = new BrowserSession(service.url, async (url, init) => {
      if (init.method !== 'POST') return fetch(url, init);
      const headers = {
        ...Object.fromEntries(new Headers(init.headers)),
        'content-type': 'application/x-www-form-urlencoded',
      };
      await hangUp(service, { method: 'POST', path: url.pathname, headers, body: String(init.body) });
      return new Response();
    });
    await sendPassword(browser, { password });
  }

  it('given ten users that are added so, when they are there, then each has one event and one line, and the metric counts ten', async () => {
    const before = await metric('tessera_http_requests_total{status="499"}');

    for (let count = 0; count < 10; count += 1) await hangUp(service, addUser(`unanswered-${count}`));

    await eventually(async () => linesOf('/admin/users').length >= 10, within);
    await eventually(async () => (await kept('user_added')).length >= 10, within);
    const events = await kept('user_added');
    expect(events).toHaveLength(10);
    expect(events.map(({ aborted, ip }) => [aborted, ip])).toEqual(
      events.map(() => [true, expect.stringMatching(/^(?:127\.0\.0\.1|::1)$/)]),
    );
    expect(linesOf('/admin/users')).toEqual(
      events.map(() => expect.objectContaining({ event: 'user_added', aborted: true, status: 201 })),
    );
    expect((await metric('tessera_http_requests_total{status="499"}')) - before).toBe(10);
  });

  it('given twenty challenges that are asked for one behind the other in one connection, when it closes, then each is told once', async () => {
    await hangUp(service, ...Array.from({ length: 20 }, askForChallenge));

    await eventually(async () => linesOf('/wallet/challenge').length >= 20, within);
    await eventually(async () => (await kept('challenge_issued')).length >= 20, within);
    const outcomes = ['ok', 'aborted'].map((outcome) =>
      metric(`tessera_login_requests_total{model="wallet",step="challenge",outcome="${outcome}"`),
    );
    const [answered = 0, aborted = 0] = await Promise.all(outcomes);
    const lines = linesOf('/wallet/challenge');
    expect([lines.length, (await kept('challenge_issued')).length]).toEqual([20, 20]);
    // The first may be written before the end of the connection is read; never is one counted as both.
    expect(answered + aborted).toBe(20);
    expect(lines.filter(({ aborted: told }) => told === true)).toHaveLength(aborted);
  });

  it('given a login whose browser hangs up, when its session has begun, then its event says so', async () => {
    await sendForm('password0');

    await eventually(async () => (await kept('session_begun')).length > 0, within);
    expect(await kept('session_begun')).toMatchObject([{ sub: 'user0', model: 'pkce', aborted: true }]);
    expect(await metric('tessera_login_requests_total{model="pkce",step="login",outcome="aborted"')).toBe(1);
  });

  it('given a wrong password whose sender hangs up, when it is refused, then that counts as any refusal', async () => {
    await sendForm('wrong');

    const counted = 'tessera_login_requests_total{model="pkce",step="login",outcome="password_wrong"';
    await eventually(async () => (await metric(counted)) > 0, within);
    await eventually(async () => (await kept('request_refused')).length > 0, within);
    expect(await kept('request_refused')).toMatchObject([{ reason: 'password_wrong', sub: 'user0', aborted: true }]);
  });

  it('given a body that never comes whole, when its connection closes, then the request is told once', async () => {
    const before = linesOf('/token').length;
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '100' };

    await hangUp(service, { method: 'POST', path: '/token', headers, body: 'grant_type=' });

    await eventually(async () => linesOf('/token').length > before, within);
    await eventually(async () => (await metric('tessera_http_requests_total{status="499"}')) > 0, within);
    expect(linesOf('/token').slice(before)).toMatchObject([{ aborted: true, event: 'request_refused' }]);
  });

  it('given an operator, when a change is answered, then its event is in the store', async () => {
    const username = randomUUID();
    const { body } = await admin(service, 'POST', '/users', { username, password: 'correct horse battery' });

    expect((await kept('user_added')).map(({ sub }) => sub)).toContain(body['id']);
  });
});

function addUser(username: string): UnansweredRequest {
  return {
    method: 'POST',
    path: '/admin/users',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${adminToken}` },
    body: JSON.stringify({ username, password: 'correct horse battery' }),
  };
}

function askForChallenge(): UnansweredRequest {
  return {
    method: 'POST',
    path: '/wallet/challenge',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ address: newAccount().address }),
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { admin, adminToken } from '../support/operations/admin';
import { auditPage } from '../support/operations/audit';
import { eventually } from '../support/run/eventually';
import { fixtureOfEach } from '../support/run/fixture';
import { codeFor, loggedIn, redeem } from '../support/clients/pkce-login';
import { startServiceProcess } from '../support/service/service-process';
import { emptyStore, bothStores } from '../support/stores/stores';
import { startTypeScript } from '../support/run/ts-process';

/** A flush a second, and some time for a busy machine. */
const flushedWithinMs = 5_000;

describe.each(bothStores)('the audit trail of processes on one %s', (name) => {
  const store = fixtureOfEach(() => emptyStore(name));

  it('given logins, when the service is killed after they were written, then they are there for the next', async () => {
    const env = { ...store.env, ADMIN_TOKEN: adminToken };
    const service = await startServiceProcess(env);
    const browser = await loggedIn(service);
    for (let count = 0; count < 5; count += 1) await redeem(service, await codeFor(service, browser));
    await delay(flushedWithinMs);

    await service.kill();
    const next = await startServiceProcess(service.env);
    const { data } = await auditPage(next, { type: 'code_redeemed' });
    const killed = await admin(next, 'GET', '/audit-events/verification');
    const ended = await redeem(next, await codeFor(next, browser));
    const status = await next.stop();
    const last = await startServiceProcess(env);
    const after = await auditPage(last, { type: 'code_redeemed' });
    const whole = await admin(last, 'GET', '/audit-events/verification');
    await last.stop();

    expect(data).toHaveLength(5);
    expect([killed.body, whole.body]).toMatchObject([
      { whole: true, faults: [] },
      { whole: true, faults: [] },
    ]);
    expect([ended.status, status]).toEqual([200, 0]);
    // What was told just before an orderly end is written by it.
    expect(after.data).toHaveLength(6);
  });

  it('given several workers, when one address goes on regardless, then its refusals and reads are one event of each worker', async () => {
    const service = await startServiceProcess({ ...store.env, ADMIN_TOKEN: adminToken, WORKERS: '3' });
    while (Date.now() % 60_000 > 40_000) await delay(1_000);
    const since = new Date().toISOString();

    await Promise.all(
      Array.from({ length: 150 }, () => fetch(`${service.url}/nothing-here`, { headers: { connection: 'close' } })),
    );
    for (let count = 0; count < 12; count += 1)
      await admin(service, 'GET', '/keys', undefined, { connection: 'close' });
    // The end of a worker does not wait for the end of the minute.
    await service.stop();
    const next = await startServiceProcess(service.env);
    const refusals = await auditPage(next, { type: 'request_refused', since });
    const counted = refusals.data.filter(({ count }) => count !== undefined);
    const reads = await auditPage(next, { type: 'admin_read', since });
    const trail = await admin(next, 'GET', '/audit-events/verification');
    await next.stop();

    const sumOf = (page: typeof reads) => page.data.reduce((total, { count = 1 }) => total + count, 0);
    expect([sumOf(refusals), sumOf(reads)]).toEqual([150, 12]);
    expect(trail.body).toMatchObject({ whole: true, faults: [] });
    expect(counted.length).toBeGreaterThan(0);
    expect(Math.max(counted.length, reads.data.length)).toBeLessThanOrEqual(3);
  });

  it('given a command that follows, when a service tells, then the command says it, until it is interrupted', async () => {
    const service = await startServiceProcess({ ...store.env, ADMIN_TOKEN: adminToken });
    const args = ['audit', 'tail', '--follow', '--json', '--type', 'code_redeemed'];
    const command = startTypeScript('src/apps/cli/main.ts', args, store.env);
    await delay(3_000);

    const browser = await loggedIn(service);
    for (let count = 0; count < 2; count += 1) await redeem(service, await codeFor(service, browser));
    await eventually(async () => command.output().split('\n').length > 2, { withinMs: 30_000 });
    command.child.kill('SIGINT');
    const status = await command.exited;
    await service.stop();

    const events = command
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toMatchObject([
      { type: 'code_redeemed', client_id: 'demo-spa' },
      { type: 'code_redeemed', client_id: 'demo-spa' },
    ]);
    expect(status).toBe(0);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adminToken } from '../support/admin';
import { dashboardBrowser } from '../support/dashboard';
import { eventually } from '../support/eventually';
import { type ServiceProcess, startServiceProcess } from '../support/service-process';
import { emptyStore, type TestStore } from '../support/stores';
import { challengeFor, newAccount } from '../support/wallet';

const workers = 3;

/** When the memory of the figures began, as the page says it. */
function beginningIn(html: string): string | undefined {
  return /which began at ([^:]+:\d\d:\d\d UTC)/.exec(html)?.[1];
}

function challengesIn(html: string): number {
  return Number(
    /<td>wallet<\/td><td>challenge<\/td><td>ok<\/td>(?:<td>[^<]*<\/td>)*?<td>(\d+)<\/td><\/tr>/.exec(html)?.[1],
  );
}

describe('the dashboard of several workers', () => {
  let store: TestStore;
  let service: ServiceProcess;

  beforeAll(async () => {
    store = emptyStore('lmdb');
    service = await startServiceProcess({ ...store.env, ADMIN_TOKEN: adminToken, WORKERS: String(workers) });
  });
  afterAll(async () => {
    await service.stop();
    await store.remove();
  });

  it('given one cookie, when every worker is asked, then each lets it in, and shows what all have counted', async () => {
    const browser = await dashboardBrowser(service);
    for (let count = 0; count < 12; count += 1) await challengeFor(service, newAccount());

    const pages: string[] = [];
    // Each on a connection of its own, so that the workers take turns.
    for (let count = 0; count < 4 * workers; count += 1) {
      const answer = await browser.fetch('/admin/dashboard?view=debug', { headers: { connection: 'close' } });
      expect(answer.status).toBe(200);
      pages.push(await answer.text());
    }

    expect(pages.map(challengesIn)).toEqual(pages.map(() => 12));
    expect(new Set(pages.map(beginningIn)).size).toBe(1);
    expect(beginningIn(pages[0] ?? '')).toBeDefined();
  });

  it('given a worker that dies, when the page is shown by the others and by its successor, then nothing is forgotten', async () => {
    const browser = await dashboardBrowser(service);
    const show = async () =>
      (await browser.fetch('/admin/dashboard?view=debug', { headers: { connection: 'close' } })).text();
    const before = await show();
    const [, pid = ''] = /"pid":(\d+)[^\n]*"msg":"serving"/.exec(service.output()) ?? [];

    process.kill(Number(pid), 'SIGKILL');
    await eventually(async () => service.output().split('"msg":"serving"').length > workers + 1, { withinMs: 20_000 });
    const after = await show();

    expect(beginningIn(after)).toBe(beginningIn(before));
    expect(challengesIn(after)).toBe(challengesIn(before));
  });
});

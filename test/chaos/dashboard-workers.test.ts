import { describe, expect, it } from '@jest/globals';
import { adminToken } from '../support/operations/admin';
import { consoleBrowser } from '../support/operations/console';
import { eventually } from '../support/run/eventually';
import { fixture } from '../support/run/fixture';
import { servingPids, startServiceProcess } from '../support/service/service-process';
import { emptyStore } from '../support/stores/stores';
import { challengeFor, newAccount, post } from '../support/clients/wallet';

const workers = 3;

/** When the memory of the figures began, as the page says it. */
function beginningIn(html: string): string | undefined {
  return /which began at ([^:]+:\d\d:\d\d UTC)/.exec(html)?.[1];
}

/** The trace of the wallet's mismatch. */
function traceIn(html: string): string | undefined {
  return /<td>verify<\/td><td>signature_mismatch<\/td><td>demo-dapp<\/td><td>([\da-f]{32})<\/td>/.exec(html)?.[1];
}

function challengesIn(html: string): number {
  return Number(
    /<td>wallet<\/td><td>challenge<\/td><td>ok<\/td>(?:<td>[^<]*<\/td>)*?<td>(\d+)<\/td><\/tr>/.exec(html)?.[1],
  );
}

describe('the dashboard of several workers', () => {
  const store = fixture(() => emptyStore('lmdb'));
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_SAMPLER_ARG: '1' };
  const settings = { ...tracing, ADMIN_TOKEN: adminToken, WORKERS: String(workers) };
  const service = fixture(() => startServiceProcess({ ...store.env, ...settings }));

  it('given one cookie, when every worker is asked, then each lets it in, and shows what all have counted', async () => {
    const browser = await consoleBrowser(service);
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

  it('given an exchange that failed at one of them, when every worker is asked, then each shows its trace', async () => {
    const browser = await consoleBrowser(service);
    const { nonce, message } = await challengeFor(service, newAccount());
    await post(service, '/wallet/verify', { nonce, signature: await newAccount().signMessage({ message }) });

    const show = async () =>
      traceIn(
        await (await browser.fetch('/admin/dashboard?view=on-call', { headers: { connection: 'close' } })).text(),
      );
    // Its span ends when the answer has been sent.
    await eventually(async () => (await show()) !== undefined, { withinMs: 20_000 });
    const traces: (string | undefined)[] = [];
    for (let count = 0; count < 4 * workers; count += 1) traces.push(await show());

    expect(traces[0]).toBeDefined();
    expect(new Set(traces)).toEqual(new Set([traces[0]]));
  });

  it('given a worker that dies, when the page is shown by the others and by its successor, then nothing is forgotten', async () => {
    const browser = await consoleBrowser(service);
    const show = async () =>
      (await browser.fetch('/admin/dashboard?view=debug', { headers: { connection: 'close' } })).text();
    const before = await show();
    const [pid] = servingPids(service.output()) as [number];

    process.kill(pid, 'SIGKILL');
    await eventually(async () => servingPids(service.output()).length > workers, { withinMs: 20_000 });
    const after = await show();

    expect(beginningIn(after)).toBe(beginningIn(before));
    expect(challengesIn(after)).toBe(challengesIn(before));
  });
});

import { expect, it } from '@jest/globals';
import { eventually } from '../support/run/eventually';
import { servingPids, startServiceProcess } from '../support/service/service-process';
import { emptyStore } from '../support/stores/stores';
import { newAccount, post } from '../support/clients/wallet';

it('given metrics that are asked for while a worker starts, when it serves, then its endpoints work', async () => {
  const store = emptyStore('lmdb');
  const service = await startServiceProcess({ ...store.env, WORKERS: '2' });
  const serving = () => servingPids(service.output());
  const scraping = new AbortController();
  const scrape = async () => {
    // One that a killed worker was to answer fails, or hangs, when the connection was on its way to that worker: the
    // primary's end of it stays open (node's lib/internal/cluster/round_robin_handle.js). So a scraper has a timeout.
    while (!scraping.signal.aborted) {
      await fetch(`${service.url}/metrics`, { signal: AbortSignal.timeout(3_000) })
        .then((response) => response.text())
        .catch(() => '');
    }
  };
  const scraped = scrape();

  // The two that are killed are asked after by the scrapes of the others.
  for (const [killed, worker] of serving().entries()) {
    process.kill(worker, 'SIGKILL');
    await eventually(async () => serving().length === 3 + killed, { withinMs: 30_000 });
  }
  scraping.abort();
  await scraped;
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => post(service, '/wallet/challenge', { address: newAccount().address })),
  );
  await service.stop();
  await store.remove();

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
});

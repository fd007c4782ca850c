import { describe, expect, it } from '@jest/globals';
import { fixture } from '../support/run/fixture';
import { readEvents, readRun, startRun } from '../support/service/comparison';
import { eventually } from '../support/run/eventually';
import { servingPids, startServiceProcess } from '../support/service/service-process';
import { emptyStore, bothStores } from '../support/stores/stores';

/** A connection of its own for each, so that the workers take turns. */
const apart = { connection: 'close' };

async function metricsAt(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`, { headers: apart })).text();
}

function valueOf(metrics: string, name: string): number {
  const line = metrics.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}

describe.each(bothStores)('two workers on %s', (name) => {
  const store = fixture(() => emptyStore(name));
  const service = fixture(() => startServiceProcess({ ...store.env, WORKERS: '2' }));

  it('given requests to both, when any is asked for its figures, then it answers with the sum', async () => {
    const asked = 12;
    const challenge = { method: 'POST', headers: { ...apart, 'content-type': 'application/json' } };
    const body = JSON.stringify({ address: `0x${'5c'.repeat(20)}` });
    for (let count = 0; count < asked; count += 1)
      await fetch(`${service.url}/wallet/challenge`, { ...challenge, body });

    const answers = [await metricsAt(service.url), await metricsAt(service.url), await metricsAt(service.url)];
    const sums = answers.map((text) =>
      valueOf(
        text,
        'tessera_login_requests_total{model="wallet",step="challenge",outcome="ok",client="demo-dapp",synthetic="false"}',
      ),
    );
    const observed = answers.map((text) =>
      valueOf(text, 'tessera_login_duration_seconds_count{model="wallet",step="challenge",synthetic="false"}'),
    );

    expect(sums).toEqual([asked, asked, asked]);
    expect(observed).toEqual([asked, asked, asked]);
    // The store is one: its records are not added up.
    expect(valueOf(answers[0] ?? '', 'tessera_store_records{collection="challenges"}')).toBe(asked);
    // What is the same in all is not added up, nor is what one of them has worst; they themselves are.
    expect(valueOf(answers[0] ?? '', 'tessera_workers')).toBe(2);
    expect(answers[0]).toMatch(/^tessera_build_info\{.*\} 1$/m);
    expect(answers[0]).toMatch(/^tessera_event_loop_delay_seconds\{percentile="50"\} [\d.e-]+$/m);
  });

  it('given that a worker was killed and replaced, when the figures are asked for, then no counter has fallen', async () => {
    const ok =
      'tessera_login_requests_total{model="wallet",step="challenge",outcome="ok",client="demo-dapp",synthetic="false"}';
    const before = valueOf(await metricsAt(service.url), ok);
    const pids = servingPids(service.output());

    process.kill(pids[0] ?? 0, 'SIGKILL');
    await eventually(async () => servingPids(service.output()).length > pids.length, { withinMs: 20_000 });

    expect(pids).toHaveLength(2);
    const after = await metricsAt(service.url);
    expect(valueOf(after, ok)).toBe(before);
    expect(valueOf(after, 'tessera_workers')).toBe(2);
  });

  it('given eight runs asked for at once, when both workers start them, then four are made, and any worker tells of any', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => startRun(service.url, {}, apart)));
    const started = answers.filter(({ status }) => status === 201);
    const ids = await Promise.all(started.map(async (answer) => ((await answer.json()) as { id: string }).id));
    const ends = await Promise.all(
      ids.map(async (id) => (await readEvents(service.url, id, apart)).at(-1)?.data['message']),
    );
    const seen = await Promise.all([...ids, ...ids].map(async (id) => (await readRun(service.url, id)).status));

    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(4).fill(201), ...Array(4).fill(429)]);
    expect([...new Set(ends)]).toEqual(['Every login succeeded, and 37 of 37 attacks were defended against']);
    expect([...new Set(seen)]).toEqual(['passed']);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { BrowserSession, hiddenFields } from '../support/clients/browser-session';
import { fixture } from '../support/run/fixture';
import { startServiceProcess } from '../support/service/service-process';
import { emptyStore } from '../support/stores/stores';

const workers = 3;
/** What password-worker.js asks for, so that its threads are known. */
const niceOfHashing = 10;
const threads = Math.max(1, availableParallelism() - 1);

describe('passwords in several workers', () => {
  const store = fixture(() => emptyStore('lmdb'));
  const service = fixture(() => startServiceProcess({ ...store.env, WORKERS: String(workers) }));

  /** The processes that have logged. */
  const pids = () => new Set([...service.output().matchAll(/"pid":(\d+)/g)].map(([, pid = '']) => pid));

  /** How many threads hash at this moment: each computes without a pause, so that it runs or waits for a core. */
  function hashing(): number {
    const stats = [...pids()].flatMap((pid) =>
      readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
    );
    // After the name, which may hold anything: the state is the third field, the niceness the 19th.
    const fields = stats.map((stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' '));
    return fields.filter((each) => each[0] === 'R' && Number(each[16]) === niceOfHashing).length;
  }

  it('given wrong passwords for each worker, when they are hashed, then no more at once than there are cores less one', async () => {
    const browser = new BrowserSession(service.url);
    const { csrf = '' } = hiddenFields(await (await browser.fetch('/login')).text());
    // A worker that got more than its share refuses what its queue cannot hold, unhashed: that is asked again.
    const guess = async () => {
      const fields = { csrf, username: 'user0', password: 'wrong' };
      for (;;) {
        const { status } = await browser.postForm('/login', fields);
        if (status !== 429) return status;
        await delay(100);
      }
    };
    await Promise.all(Array.from({ length: 2 * workers }, guess));
    const counts: number[] = [];
    const sampling = setInterval(() => counts.push(hashing()), 5);

    const statuses = await Promise.all(Array.from({ length: 48 }, guess));
    clearInterval(sampling);

    const answered = service
      .output()
      .split('\n')
      .filter((line) => line.includes('"reason":"password_wrong"'));
    expect(new Set(answered.map((line) => (JSON.parse(line) as { pid: number }).pid)).size).toBe(workers);
    expect(new Set([...statuses, 401])).toEqual(new Set([401]));
    // One that has just ended may not have gone to sleep yet where cores are short: the median and not the most.
    const busy = counts.filter((count) => count > 0).toSorted((x, y) => x - y);
    expect(busy.length).toBeGreaterThan(10);
    expect(busy[Math.floor(busy.length / 2)]).toBeLessThanOrEqual(threads);
  });
});

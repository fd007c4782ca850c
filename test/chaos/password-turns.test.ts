import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BrowserSession, hiddenFields } from '../support/browser-session';
import { type ServiceProcess, startServiceProcess } from '../support/service-process';
import { emptyStore, type TestStore } from '../support/stores';

const workers = 3;
/** Linux counts the time of a thread in these, a hundred a second. */
const millisecondsOfTick = 10;
/** What password-worker.js asks for, so that its threads are known. */
const niceOfHashing = 10;
const threads = Math.max(1, availableParallelism() - 1);

describe('passwords in several workers', () => {
  let store: TestStore;
  let service: ServiceProcess;

  beforeAll(async () => {
    store = emptyStore('lmdb');
    service = await startServiceProcess({ ...store.env, WORKERS: String(workers) });
  });
  afterAll(async () => {
    await service.stop();
    await store.remove();
  });

  /** The processes that have logged. */
  const pids = () => new Set([...service.output().matchAll(/"pid":(\d+)/g)].map(([, pid = '']) => pid));

  /** CPU time of the threads that hash, of all workers. */
  function hashingMs(): number {
    const stats = [...pids()].flatMap((pid) =>
      readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
    );
    // After the name, which may hold anything: state is the third field, utime, stime and nice the 14th, 15th and 19th.
    const fields = stats.map((stat) =>
      stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number),
    );
    const ticks = fields
      .filter((each) => each[16] === niceOfHashing)
      .map(([, , , , , , , , , , , user = 0, system = 0]) => user + system);
    return ticks.reduce((sum, each) => sum + each, 0) * millisecondsOfTick;
  }

  it('given wrong passwords for each worker, when they are hashed, then no more at once than there are cores less one', async () => {
    const browser = new BrowserSession(service.url);
    const { csrf = '' } = hiddenFields(await (await browser.fetch('/login')).text());
    const guess = async () => {
      const fields = { csrf, username: 'user0', password: 'wrong' };
      return (await browser.postForm('/login', fields)).status;
    };
    await Promise.all(Array.from({ length: 2 * workers }, guess));
    const [before, begun] = [hashingMs(), performance.now()];

    const statuses = await Promise.all(Array.from({ length: 48 }, guess));
    const [took, hashed] = [performance.now() - begun, hashingMs() - before];

    const answered = service
      .output()
      .split('\n')
      .filter((line) => line.includes('"reason":"password_wrong"'));
    expect(new Set(answered.map((line) => (JSON.parse(line) as { pid: number }).pid)).size).toBe(workers);
    expect(new Set([...statuses, 401])).toEqual(new Set([401]));
    expect(hashed).toBeGreaterThan(100);
    expect(hashed / took).toBeLessThan(threads * 1.1);
  });
});

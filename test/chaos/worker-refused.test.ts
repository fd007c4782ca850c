import { beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/run/eventually';
import { fixtureOfEach } from '../support/run/fixture';
import { servingPids, startServiceProcess } from '../support/service/service-process';
import { rememberEnvironment } from '../support/stores/store-environment';
import { emptyStore, bothStores } from '../support/stores/stores';
import { newAccount, signIn } from '../support/clients/wallet';

const withinMs = 20_000;
const refusal = 'in development a store of its own; this one is of production';

describe.each(bothStores)('a worker that is refused, on %s', (name) => {
  const store = fixtureOfEach(() => emptyStore(name));
  const service = fixtureOfEach(() => startServiceProcess({ ...store.env, WORKERS: '2' }));
  beforeEach(async () => {
    // From here on every start on this store is refused; who serves has asked already.
    await rememberEnvironment(name, store, 'production');
  });

  /** The workers that serve, in the order in which they began. */
  const workers = () => servingPids(service.output());
  const refusals = () => service.output().split(refusal).length - 1;
  const kill = (at: number) => {
    const pid = workers()[at];
    // 0 would be every process of this group.
    if (pid === undefined) throw new Error(`fewer than ${at + 1} workers serve`);
    process.kill(pid, 'SIGKILL');
  };
  const killFirst = async () => {
    kill(0);
    await eventually(async () => refusals() > 0, { withinMs });
  };
  const signedIn = async () => (await signIn(service, newAccount())).answer.status;

  it('given another that serves, when one is refused, then that one serves on, one line says why, and it is replaced once the store is right again', async () => {
    await killFirst();

    const statuses = [await signedIn(), await signedIn(), await signedIn()];
    const lines = refusals();
    await rememberEnvironment(name, store, 'development');
    await eventually(async () => workers().length === 3, { withinMs });

    expect(statuses).toEqual([200, 200, 200]);
    expect(lines).toBe(1);
    expect(await signedIn()).toBe(200);
  });

  it('given one that was refused, when the service is asked to end, then it starts no other, and ends well', async () => {
    await killFirst();
    const begun = workers().length;

    const status = await service.stop();

    expect(status).toBe(0);
    expect(workers()).toHaveLength(begun);
  });

  it('given no other that serves, when all are refused, then the service ends with 78', async () => {
    await killFirst();
    kill(1);

    const status = await service.ended();

    expect(status).toBe(78);
    expect(refusals()).toBe(1);
  });
});

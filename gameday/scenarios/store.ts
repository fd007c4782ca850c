import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root, typescript } from '../../test/support/run/repository';
import type { Cause, Scenario } from '../scenario';
import { moveAway } from '../store';

const consequences = [
  'ExchangeOutage',
  'ExchangeBudgetBurnFast',
  'ExchangeBudgetBurnSlow',
  'LatencyBudgetBurnFast',
  'LatencyBudgetBurnSlow',
  'StoreErrors',
  'StoreSlow',
  'StoreDown',
  'ClientCodesUnredeemed',
  'EventLoopDelayed',
];

export const slowStore: Scenario = {
  name: 'F8-slow',
  title: 'A slow store',
  about:
    'Everything that is sent to MongoDB arrives 300 ms later; of the embedded store the only writer is held by another process, ' +
    'for 1.5 s of every 1.6. Logins succeed, and take too long.',
  disturbsOthers: true,
  expects: () => [
    { name: 'LatencyBudgetBurnFast', model: 'pkce', or: ['LatencyBudgetBurnSlow'] },
    { name: 'LatencyBudgetBurnFast', model: 'wallet', or: ['LatencyBudgetBurnSlow'] },
    { name: 'StoreSlow' },
  ],
  mayFire: consequences,
  begin: async ({ store: { proxy, dataDirectory }, cleanup }) => {
    if (proxy !== undefined) {
      proxy.delayBy(300);
      return { end: async () => proxy.delayBy(0) };
    }
    const holder = fork(join(root, 'gameday/hold-writer.ts'), [dataDirectory ?? ''], {
      cwd: root,
      execArgv: typescript('').slice(0, 2),
    });
    cleanup.add(() => holder.kill('SIGKILL'));
    await once(holder, 'message');
    return {
      end: async () => {
        // By request: killed while it holds the lock, the next writer would have to repair it.
        holder.send('stop');
        await once(holder, 'exit');
      },
    };
  },
};

export const lostStore: Scenario = {
  name: 'F8-lost',
  title: 'A lost store',
  about:
    'MongoDB refuses connections; the files of the embedded store are moved away. Every login is answered 503 with `Retry-After` ' +
    'until they are back.',
  disturbsOthers: true,
  expects: () => [{ name: 'StoreDown' }],
  mayFire: consequences,
  begin: async ({ store: { proxy, dataDirectory } }): Promise<Cause> => {
    if (proxy === undefined) return { end: await moveAway(dataDirectory ?? '') };
    await proxy.refuse();
    return { end: () => proxy.open() };
  },
};

export const hangingStore: Scenario = {
  name: 'F8-hanging',
  title: 'A store that swallows what is sent',
  about: 'Connections to MongoDB stay, and nothing passes on them any more, as behind a firewall that forgot them.',
  storeMayBeSilent: true,
  stores: ['mongodb'],
  disturbsOthers: true,
  expects: () => [{ name: 'StoreDown' }],
  mayFire: consequences,
  begin: async ({ store: { proxy } }) => {
    proxy?.hang();
    return {
      end: async () => {
        await proxy?.refuse();
        await proxy?.open();
      },
    };
  },
};

export const fullDisk: Scenario = {
  name: 'full-disk',
  title: 'A full disk',
  about:
    "The embedded store lies on a disk of its own, which somebody else's files fill to the last block. Logins that need a page more " +
    'than there is are answered 503, others find one that is free; what was answered before stays, and when there is room again ' +
    'the service goes on without a restart.',
  stores: ['embedded'],
  needsDisk: true,
  disturbsOthers: true,
  expects: () => [{ name: 'StoreDown', or: ['ExchangeOutage', 'ExchangeBudgetBurnFast'] }, { name: 'StoreDiskLow' }],
  mayFire: consequences,
  begin: async ({ store: { disk } }) => {
    if (disk === undefined) throw new Error('the store has no disk of its own');
    await disk.fill();
    return { end: () => disk.free() };
  },
};

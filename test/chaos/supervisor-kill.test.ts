import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fixture } from '../support/run/fixture';
import { servingPids, startServiceProcess } from '../support/service/service-process';
import { emptyStore, bothStores } from '../support/stores/stores';
import { newAccount, signIn } from '../support/clients/wallet';

const rounds = 2;
const clients = 12;

describe.each(bothStores)('kill -9 of the supervisor on %s', (name) => {
  const store = fixture(() => emptyStore(name));

  it('given workers that write, when their supervisor is killed, then none outlives it and the next start serves', async () => {
    let service = await startServiceProcess({ ...store.env, WORKERS: '4' });
    const asked = () => signIn(service, newAccount());
    for (let round = 0; round < rounds; round += 1) {
      const load = Promise.all(
        Array.from({ length: clients }, async () => {
          for (;;) {
            const signedIn = await asked().catch(() => undefined);
            if (signedIn === undefined) return;
          }
        }),
      );
      await delay(300 + Math.random() * 300);

      // Resolves when the outputs are closed, which every worker holds open.
      await service.kill();
      await load;
      service = await startServiceProcess(service.env);
    }
    const { answer } = await asked();
    await service.stop();

    expect(answer.status).toBe(200);
    // Fifteen processes are started one after another or at once, each of which loads the whole service.
  });
});

describe('workers that have not yet taken what their supervisor gave them', () => {
  const store = fixture(() => emptyStore('lmdb'));

  it('given connections on their way, when the supervisor is killed, then the workers end at once and without an error', async () => {
    const service = await startServiceProcess({ ...store.env, WORKERS: '2' });
    const pids = servingPids(service.output());
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const sockets = Array.from({ length: clients }, () => connect(Number(service.env['PORT']), 'localhost'));
    for (const socket of sockets) socket.on('error', () => {});
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    // The supervisor accepts after the kernel has, and tells nobody when it has passed a connection on.
    await delay(500);
    const before = service.output();

    const killed = service.kill();
    // Its end closes the channel; the outputs, which are waited for below, are held open by the workers.
    await delay(500);
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await killed;
    for (const socket of sockets) socket.destroy();

    expect(pids).toHaveLength(2);
    expect(service.output().slice(before.length)).not.toContain('Error');
  });
});

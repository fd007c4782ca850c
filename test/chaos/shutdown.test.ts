import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { startServiceProcess } from '../support/service/service-process';
import { bothStores, emptyStore } from '../support/stores/stores';

const host = '127.0.0.1';
/** Its `100 Continue` tells that the service has begun to read it. */
const requestWithoutBody =
  'POST /token HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n' +
  'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\n';

/** A connection whose caller closes nothing by itself. */
async function opened(url: string, bytes = ''): Promise<Socket> {
  const socket = connect({ port: Number(new URL(url).port), host, allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

/** Connections of which Node's own close() would wait for each. */
async function openedWithoutRequest(url: string): Promise<Socket[]> {
  const refused = await opened(url, 'garbage\r\n\r\n');
  await once(refused, 'data');
  return [refused, await opened(url), await opened(url, 'GET / HTTP/1.1\r\nHost: localhost\r\n')];
}

describe('the end of the service', () => {
  it.each([...bothStores.map((name) => ({ name, workers: '1' })), { name: 'lmdb' as const, workers: '2' }])(
    'given connections without a request and one in the middle of its own on $name with $workers worker(s), when it is asked to end, then it closes those, answers that one, and ends with 0',
    async ({ name, workers }) => {
      const store = emptyStore(name);
      const service = await startServiceProcess({ ...store.env, HOST: host, WORKERS: workers });
      const others = await openedWithoutRequest(service.url);
      const asking = await opened(service.url, requestWithoutBody);
      await once(asking, 'data');
      let answer = '';
      asking.on('data', (chunk: Buffer) => (answer += chunk.toString()));

      const ended = service.stop();
      // What is not closed at once is closed after a while, and then the one in the middle is, too.
      await Promise.all(others.map(closedByService));
      asking.write('a=b');
      const status = await ended;

      for (const socket of [...others, asking]) socket.destroy();
      await store.remove();
      expect(answer).toContain('"reason":"grant_type_required"');
      expect(status).toBe(0);
    },
  );
});

async function closedByService(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.readableEnded && !socket.destroyed) await Promise.race([once(socket, 'end'), once(socket, 'close')]);
}

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/run/eventually';
import { startServiceProcess } from '../support/service/service-process';
import { emptyStore, bothStores } from '../support/stores/stores';

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
  it.each(bothStores)(
    'given connections without a request and one in the middle of its own on %s, when it is asked to end, then it answers that one and ends with 0 at once',
    async (name) => {
      const store = emptyStore(name);
      const service = await startServiceProcess({ ...store.env, HOST: host });
      const others = await openedWithoutRequest(service.url);
      const asking = await opened(service.url, requestWithoutBody);
      await once(asking, 'data');
      let answer = '';
      asking.on('data', (chunk: Buffer) => (answer += chunk.toString()));

      const begun = Date.now();
      const ended = service.stop();
      const acceptsNobody = () =>
        opened(service.url).then(
          (socket) => !socket.destroy(),
          () => true,
        );
      await eventually(acceptsNobody, { withinMs: 30_000 });
      asking.write('a=b');
      const status = await ended;
      const took = Date.now() - begun;

      for (const socket of [...others, asking]) socket.destroy();
      await store.remove();
      expect(answer).toContain('"reason":"grant_type_required"');
      expect(status).toBe(0);
      expect(took).toBeLessThan(10_000);
    },
  );

  it('given two workers and connections without a request, when it is asked to end, then it ends with 0 at once', async () => {
    const store = emptyStore('lmdb');
    const service = await startServiceProcess({ ...store.env, HOST: host, WORKERS: '2' });
    const others = await openedWithoutRequest(service.url);
    const begun = Date.now();

    const status = await service.stop();

    const took = Date.now() - begun;
    for (const socket of others) socket.destroy();
    await store.remove();
    expect(status).toBe(0);
    expect(took).toBeLessThan(10_000);
  });
});

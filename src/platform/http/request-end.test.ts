import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { RequestEnds } from './request-end';

/** Opened by the test to let something happen. */
class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

describe('the ends of requests', () => {
  let instance: FastifyInstance;
  let ends: RequestEnds;
  let atServer: Socket | undefined;
  let told: [path: string, aborted: boolean][];
  let latest: FastifyRequest | undefined;
  /** For the waiting route: it has begun, and it may go on. */
  let [begun, mayEnd] = [new Gate(), new Gate()];

  beforeEach(async () => {
    [begun, mayEnd] = [new Gate(), new Gate()];
    told = [];
    instance = fastify();
    ends = RequestEnds.watch(instance);
    ends.listen(({ request, aborted }) => told.push([request.url, aborted]));
    instance.addHook('onRequest', (request, _reply, done) => {
      latest = request;
      done();
    });
    instance.get('/quick', async () => ({}));
    instance.get('/waiting', async () => {
      begun.open();
      await mayEnd.opened;
      return {};
    });
    instance.server.on('connection', (socket: Socket) => (atServer = socket));
    await instance.listen({ port: 0, host: '127.0.0.1' });
  });
  afterEach(async () => {
    mayEnd.open();
    await instance.close();
  });

  const isGone = () => latest !== undefined && ends.isGone(latest);

  function send(...paths: readonly string[]): Socket {
    const socket = connect((instance.server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
    socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
    return socket;
  }

  /** Closes a connection and waits until the server knows. */
  async function broken(socket: Socket): Promise<void> {
    const closed = atServer === undefined ? undefined : once(atServer, 'close');
    socket.destroy();
    await closed;
  }

  it('given a request, when it has been answered, then it is told once, and not again when its connection closes', async () => {
    const socket = send('/quick');
    await once(socket, 'data');
    socket.destroy();
    await instance.close();

    expect(told).toEqual([['/quick', false]]);
  });

  it('given one whose connection has closed, when it runs on, then it is told once, when it is over', async () => {
    const socket = send('/waiting');
    await begun.opened;
    const before = isGone();
    await broken(socket);
    const whileItRan = [...told];
    const after = isGone();
    const over = ends.allOver();
    mayEnd.open();
    await over;

    expect([whileItRan, before, after]).toEqual([[], false, true]);
    expect(told).toEqual([['/waiting', true]]);
  });

  it('given those that wait behind another in one connection, when it closes, then each is told once', async () => {
    const socket = send('/waiting', '/quick?1', '/quick?2');
    await begun.opened;
    await broken(socket);
    mayEnd.open();
    await ends.allOver();

    expect(told.toSorted()).toEqual([
      ['/quick?1', true],
      ['/quick?2', true],
      ['/waiting', true],
    ]);
  });

  it('given none whose connection has closed, when they are waited for, then there is nothing to wait for', async () => {
    await expect(ends.allOver()).resolves.toBeUndefined();
  });
});

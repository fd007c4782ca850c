import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** How long a request may take that is being answered when the service ends; less than what Docker waits for. */
const drainMs = 8_000;

/**
 * Lets the service end although connections are open: those that carry no request at once, the others when they are
 * answered or after eight seconds. Node's close() alone waits for ever for a connection that has never sent a request,
 * as browsers open them in advance.
 */
export function drainConnectionsOnClose(instance: FastifyInstance): void {
  const server: Server = instance.server;
  const unanswered = new Map<Socket, number>();
  let draining = false;
  server.on('connection', (socket: Socket) => {
    unanswered.set(socket, 0);
    socket.once('close', () => unanswered.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    unanswered.set(socket, (unanswered.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (unanswered.get(socket) ?? 1) - 1;
      if (!socket.destroyed) unanswered.set(socket, left);
      if (draining && left === 0) socket.destroySoon();
    });
  });
  instance.addHook('preClose', async () => {
    draining = true;
    for (const [socket, requests] of unanswered) if (requests === 0) socket.destroy();
    const deadline = setTimeout(() => {
      for (const socket of unanswered.keys()) socket.destroy();
    }, drainMs);
    server.once('close', () => clearTimeout(deadline));
  });
}

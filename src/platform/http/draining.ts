import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { openRequests } from './request-end';

/** How long a request may take that is being answered when the service ends; less than what Docker waits for. */
const drainMs = 8_000;

/**
 * Lets the service end although connections are open: those that carry no request at once, the others when they are
 * answered or after eight seconds. Node's close() alone waits for ever for a connection that has never sent a request,
 * as browsers open them in advance.
 */
export function drainConnectionsOnClose(instance: FastifyInstance): void {
  const server: Server = instance.server;
  const open = new Set<Socket>();
  let draining = false;
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  instance.requestEnds.listen(({ request: { raw } }) => {
    if (draining && openRequests(raw.socket) === 0) raw.socket.destroySoon();
  });
  instance.addHook('preClose', async () => {
    draining = true;
    for (const socket of open) if (openRequests(socket) === 0) socket.destroy();
    const deadline = setTimeout(() => {
      for (const socket of open) socket.destroy();
    }, drainMs);
    server.once('close', () => clearTimeout(deadline));
  });
}

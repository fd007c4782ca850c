import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { openRequests } from './request-end';

/** Milliseconds that a running request may take when the service stops; less than Docker's grace period. */
const drainMs = 8_000;

/**
 * Lets the service stop while connections are open: idle ones at once, the others when they are answered or after eight
 * seconds. Node's close() waits for ever for a connection that never sent a request, as browsers open them in advance.
 */
export function drainConnectionsOnClose(instance: FastifyInstance): void {
  const server: Server = instance.server;
  const open = new Set<Socket>();
  let draining = false;
  // Node counts an answer as sent when it has begun, and would cut off what its reader has not read yet.
  server.closeIdleConnections = () => {};
  server.on('connection', (socket: Socket) => {
    if (draining) {
      socket.destroy();
      return;
    }
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

import type { Socket } from 'node:net';

const counted = Symbol('counted');

declare module 'node:net' {
  interface Socket {
    [counted]?: { received: number; sent: number };
  }
}

/**
 * The bytes of a connection since the last call: asked at the end of every request, those of that request with head, body and
 * framing. With pipelining, a request is also charged with what has arrived of the next one.
 */
export function trafficSince(socket: Socket): { readonly received: number; readonly sent: number } {
  const { bytesRead, bytesWritten } = socket;
  const before = (socket[counted] ??= { received: 0, sent: 0 });
  const traffic = { received: bytesRead - before.received, sent: bytesWritten - before.sent };
  before.received = bytesRead;
  before.sent = bytesWritten;
  return traffic;
}

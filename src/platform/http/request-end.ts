import type { Socket } from 'node:net';
import type { Server } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** How a request ended. */
export interface EndedRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Whether the connection closed before the whole response was written; its effects stay. */
  readonly aborted: boolean;
}

const open = Symbol('open requests');
const state = Symbol('state');

/** `gone`: its connection has closed, but it still runs. */
type RequestState = 'running' | 'answering' | 'gone' | 'over';

declare module 'node:net' {
  interface Socket {
    [open]?: FastifyReply[];
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly requestEnds: RequestEnds;
  }
  interface FastifyRequest {
    [state]: RequestState;
  }
}

/**
 * Reports the end of each request once: when it is answered, or when its connection has closed and it no longer runs. Node
 * reports a broken connection only for the response being written, not for pipelined requests behind it (RFC 9112 section
 * 9.3.2).
 */
export class RequestEnds {
  private readonly listeners: ((ended: EndedRequest) => void)[] = [];
  /** Requests that still run after their connections have closed. */
  private gone = 0;
  private whenNoneIsGone: (() => void) | undefined;

  static watch(instance: FastifyInstance): RequestEnds {
    const ends = new RequestEnds();
    const server: Server = instance.server;
    server.on('connection', (socket: Socket) => {
      // Read while it is known: Node caches it, and the end of a broken connection must name it.
      void socket.remoteAddress;
      socket[open] = [];
      socket.once('close', () => ends.breakOff(socket));
    });
    instance.decorate('requestEnds', ends);
    instance.decorateRequest(state, 'running');
    instance.addHook('onRequest', (request, reply, done) => {
      request.raw.socket[open]?.push(reply);
      done();
    });
    // Every request sends something, even when nobody reads it any more.
    instance.addHook('onSend', (request, reply, _payload, done) => {
      if (request[state] === 'gone') ends.end(request, reply, true);
      else if (request[state] === 'running') request[state] = 'answering';
      done();
    });
    instance.addHook('onResponse', (request, reply, done) => {
      // Fastify also runs this hook for a failed response.
      ends.end(request, reply, reply.raw.errored !== null);
      done();
    });
    return ends;
  }

  /** Listeners are called in order. */
  listen(listener: (ended: EndedRequest) => void): void {
    this.listeners.push(listener);
  }

  /** Whether the connection of a request that still runs has closed. */
  isGone(request: FastifyRequest): boolean {
    return request[state] === 'gone';
  }

  /** Resolves when no request of a closed connection runs any more. */
  async allOver(): Promise<void> {
    if (this.gone > 0) await new Promise<void>((resolve) => (this.whenNoneIsGone = resolve));
  }

  private breakOff(socket: Socket): void {
    for (const reply of socket[open] ?? []) {
      const { request } = reply;
      if (request[state] === 'answering') {
        this.end(request, reply, true);
      } else {
        request[state] = 'gone';
        this.gone += 1;
      }
    }
  }

  private end(request: FastifyRequest, reply: FastifyReply, aborted: boolean): void {
    if (request[state] === 'over') return;
    if (request[state] === 'gone') this.gone -= 1;
    request[state] = 'over';
    const { socket } = request.raw;
    // A new list, because the end of a connection walks this one.
    socket[open] = (socket[open] ?? []).filter((other) => other !== reply);
    for (const listener of this.listeners) listener({ request, reply, aborted });
    if (this.gone === 0) this.whenNoneIsGone?.();
  }
}

/** Number of unfinished requests on a connection. */
export function openRequests(socket: Socket): number {
  return socket[open]?.length ?? 0;
}

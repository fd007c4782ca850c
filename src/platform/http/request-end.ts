import type { Socket } from 'node:net';
import type { Server } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** How one request ended. */
export interface EndedRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Whether its connection closed before the whole answer had been handed over; what it did is done all the same. */
  readonly aborted: boolean;
}

const open = Symbol('open requests');
const state = Symbol('state');

/** `gone`: its connection has closed, and it still runs. */
type RequestState = 'running' | 'answering' | 'gone' | 'over';

declare module 'node:net' {
  interface Socket {
    [open]?: Map<FastifyRequest, FastifyReply>;
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
 * Tells once of each request when it is over: when it has been answered, or when its connection has closed and it no longer
 * runs, so that whoever hangs up is told of like everybody else. Node itself tells of a broken connection at the response that
 * is being written alone, and so of no request that waits behind it (pipelining, RFC 9112 section 9.3.2).
 */
export class RequestEnds {
  private readonly listeners: ((ended: EndedRequest) => void)[] = [];
  /** Requests that run although their connections have closed. */
  private gone = 0;
  private whenNoneIsGone: (() => void) | undefined;

  static watch(instance: FastifyInstance): RequestEnds {
    const ends = new RequestEnds();
    const server: Server = instance.server;
    server.on('connection', (socket: Socket) => {
      // Asked while it is known: Node remembers it, and the end of a broken connection is to name it.
      void socket.remoteAddress;
      socket[open] = new Map();
      socket.once('close', () => ends.breakOff(socket));
    });
    instance.decorate('requestEnds', ends);
    instance.decorateRequest(state, 'running');
    instance.addHook('onRequest', (request, reply, done) => {
      request.raw.socket[open]?.set(request, reply);
      done();
    });
    // Whatever becomes of a request, it sends something, also where nobody reads it any more.
    instance.addHook('onSend', (request, reply, _payload, done) => {
      if (request[state] === 'gone') ends.end(request, reply, true);
      else if (request[state] === 'running') request[state] = 'answering';
      done();
    });
    instance.addHook('onResponse', (request, reply, done) => {
      // Fastify runs this hook for a response that failed, too.
      ends.end(request, reply, reply.raw.errored !== null);
      done();
    });
    return ends;
  }

  /** Listeners are told in their order. */
  listen(listener: (ended: EndedRequest) => void): void {
    this.listeners.push(listener);
  }

  /** Resolves when no request runs any more whose connection has closed. */
  async allOver(): Promise<void> {
    if (this.gone > 0) await new Promise<void>((resolve) => (this.whenNoneIsGone = resolve));
  }

  private breakOff(socket: Socket): void {
    for (const [request, reply] of socket[open] ?? []) {
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
    request.raw.socket[open]?.delete(request);
    for (const listener of this.listeners) listener({ request, reply, aborted });
    if (this.gone === 0) this.whenNoneIsGone?.();
  }
}

/** How many requests of a connection are not over. */
export function openRequests(socket: Socket): number {
  return socket[open]?.size ?? 0;
}

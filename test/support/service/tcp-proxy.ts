import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { freePort } from '../run/free-port';

/** Stands between a client and a server, and can take the server away in the ways in which servers go. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private delayMs = 0;
  private cutAt: { readonly request: Buffer; readonly delivered: boolean } | undefined;

  private constructor(
    private readonly target: { readonly host: string; readonly port: number },
    readonly port: number,
  ) {}

  /** A proxy that refuses until it is opened. */
  static async to(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    return new TcpProxy(target, await freePort());
  }

  async open(): Promise<void> {
    this.server = createServer((downstream) => {
      const upstream = connect(this.target);
      for (const [socket, peer] of [
        [downstream, upstream],
        [upstream, downstream],
      ] as const) {
        this.sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.sockets.delete(socket);
          peer.destroy();
        });
      }
      downstream.pipe(this.requestsTo(upstream)).pipe(upstream);
      upstream.pipe(downstream);
    }).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** As a process that ended: connections are cut and new ones refused. */
  async refuse(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    this.cut();
    if (server === undefined) return;
    server.close();
    await once(server, 'close');
  }

  /** As a restart or a failing switch: every connection is reset, new ones are served. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Every connection is cut on which these bytes are sent, before they pass; others go on, until {@link passAll}. */
  cutBefore(request: Buffer): void {
    this.cutAt = { request, delivered: false };
  }

  /** As {@link cutBefore}, but they pass, and only the answer to them is lost. */
  cutAfter(request: Buffer): void {
    this.cutAt = { request, delivered: true };
  }

  passAll(): void {
    this.cutAt = undefined;
  }

  /** As a database that is overloaded: what is sent passes so much later; 0 ends it. */
  delayBy(ms: number): void {
    this.delayMs = ms;
  }

  /** As a network that swallows packets: connections stay, nothing passes on them any more. */
  hang(): void {
    for (const socket of this.sockets) {
      socket.unpipe();
      socket.pause();
    }
    this.server?.removeAllListeners('connection');
    this.server?.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
    });
  }

  private requestsTo(upstream: Socket): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, pass) => {
        const isMeant = this.cutAt !== undefined && chunk.includes(this.cutAt.request);
        if (!isMeant)
          return void (this.delayMs === 0 ? pass(null, chunk) : setTimeout(pass, this.delayMs, null, chunk));
        if (this.cutAt?.delivered !== true) return void upstream.destroy();
        upstream.unpipe();
        upstream.once('data', () => upstream.destroy());
        pass(null, chunk);
      },
    });
  }
}

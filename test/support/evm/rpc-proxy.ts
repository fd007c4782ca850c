import type { IncomingMessage, ServerResponse } from 'node:http';
import { type LocalServer, serveLocally } from '../run/local-server';

/** One call of a JSON-RPC request. */
export interface RpcCall {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a node answers to a request; by default it answers as the one behind it. */
export type NodeBehaviour = (call: RpcCall, response: ServerResponse, pass: () => Promise<string>) => unknown;

/** As the node behind it answers. */
export const healthy: NodeBehaviour = async (_call, response, pass) => answerWith(response, await pass());

/** Stands between the service and a node, counts what is asked of it, and can be a sick or a hostile one. */
export class RpcProxy {
  readonly calls: RpcCall[] = [];
  node: NodeBehaviour = healthy;

  private constructor(
    private readonly served: LocalServer,
    private readonly target: string,
  ) {
    served.server.on('request', (request, response) => void this.answer(request, response));
  }

  static async to(target: string): Promise<RpcProxy> {
    return new RpcProxy(await serveLocally(), target);
  }

  get url(): string {
    return this.served.url;
  }

  /** What is asked of the node while the work is done. */
  async callsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
    const before = this.calls.length;
    await work();
    return this.calls.slice(before).map(({ method }) => method);
  }

  stop(): Promise<void> {
    return this.served.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await request.setEncoding('utf8').toArray()).join('');
    const call: RpcCall = JSON.parse(body);
    this.calls.push(call);
    response.on('error', () => {});
    await this.node(call, response, async () => {
      const answer = await fetch(this.target, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      return answer.text();
    });
  }
}

export function answerWith(response: ServerResponse, body: string | Uint8Array, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

/** A result of JSON-RPC 2.0. */
export function resultOf({ id }: RpcCall, result: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}

/** An error of JSON-RPC 2.0. */
export function errorOf({ id }: RpcCall, code: number, message: string, data?: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, ...(data !== undefined && { data }) } });
}

import { once } from 'node:events';
import { connect } from 'node:net';
import type { Reachable } from '../clients/pkce-login';

export interface UnansweredRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends requests over one connection, one behind the other, and closes it when the last byte is out: no answer is read. */
export async function hangUp({ url }: Reachable, ...requests: readonly UnansweredRequest[]): Promise<void> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(requests.map((request) => written(host, request)).join(''), () => socket.destroy());
  await once(socket, 'close');
}

function written(host: string, { method, path, headers = {}, body = '' }: UnansweredRequest): string {
  const all = { host, 'content-length': String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { HttpError } from './http-error';
import { errorBody } from './protocol-error';

/** Headers of an error that is written before any hook has run. */
export const earlyHeaders = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;

/** Milliseconds that a refused caller has to read the response. */
const lingerMs = 1_000;

/** Answers a request that was not HTTP or not complete in the error envelope, and closes the connection. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return;
  const refusal = new HttpError(codes.get(error.code ?? '') ?? 'malformed');
  const { body, headers } = written(refusal);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${refusal.status} \r\n${lines.join('')}\r\n${body}`);
  // A half-closed connection would stay as long as the caller likes: Node's timers no longer cover it. Not at once, or a caller
  // that is still sending is reset before it has read the response.
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

/**
 * Puts the two errors into the envelope that Node would answer with an empty body; the server must not have
 * `requireHostHeader`. Source: RFC 9110 §10.1.1, RFC 9112 §3.2.
 */
export function refuseUnmetExpectations(instance: FastifyInstance): void {
  const server: Server = instance.server;
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const refusal = new HttpError('expectation_failed');
    const { body, headers } = written(refusal);
    response.writeHead(refusal.status, headers).end(body);
  });
  instance.addHook('onRequest', ({ raw }, _reply, done) => {
    if (raw.httpVersion === '1.1' && raw.headers.host === undefined) done(new HttpError('malformed'));
    else done();
  });
}

/** The errors of Node's parser and timers. */
const codes: ReadonlyMap<string, HttpError['code']> = new Map([
  ['HPE_HEADER_OVERFLOW', 'headers_too_large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request_timeout'],
]);

function written(refusal: HttpError): { body: string; headers: Readonly<Record<string, string | number>> } {
  const body = JSON.stringify(errorBody(refusal));
  return { body, headers: { ...earlyHeaders, 'content-length': Buffer.byteLength(body), connection: 'close' } };
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { HttpError } from './http-error';
import { errorBody } from './protocol-error';

/** What a refusal carries that is written before any hook has set headers. */
export const earlyHeaders = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;

/** How long a caller that was refused may take to read why. */
const lingerMs = 1_000;

/** Answers what was not HTTP, or did not arrive, in the envelope of errors, and closes the connection. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return;
  const refusal = new HttpError(codes.get(error.code ?? '') ?? 'malformed');
  const { body, headers } = written(refusal);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${refusal.status} \r\n${lines.join('')}\r\n${body}`);
  // Half-closed it would stay for as long as the caller likes: no timer of Node's knows it any more. Not at once, or a
  // caller that is still sending is reset before it has read the answer.
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

/**
 * Gives the envelope to the two refusals that Node would answer by itself with an empty body; the server must not have
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

/** What Node's parser and its timers report. */
const codes: ReadonlyMap<string, HttpError['code']> = new Map([
  ['HPE_HEADER_OVERFLOW', 'headers_too_large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request_timeout'],
]);

function written(refusal: HttpError): { body: string; headers: Readonly<Record<string, string | number>> } {
  const body = JSON.stringify(errorBody(refusal));
  return { body, headers: { ...earlyHeaders, 'content-length': Buffer.byteLength(body), connection: 'close' } };
}

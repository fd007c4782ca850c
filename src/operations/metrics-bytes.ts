import type { FastifyReply, FastifyRequest } from 'fastify';

/** The bytes of a request: its head as HTTP/1.1 writes it, and its body. Source: RFC 9112 §2.1, §3. */
export function requestBytes({ method, originalUrl, raw, headers }: FastifyRequest): number {
  // Names and values alternate; each pair is a line of its own with `: ` and a line end.
  const fields = raw.rawHeaders.reduce((total, text) => total + text.length + 2, 0);
  return `${method} ${originalUrl} HTTP/1.1\r\n`.length + fields + 2 + lengthOf(headers['content-length']);
}

/** The bytes of an answer, without the `Date` and `Connection` lines that Node adds. Source: RFC 9112 §4. */
export function answerBytes(reply: FastifyReply): number {
  const lines = Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${each}\r\n`),
  );
  const head = `HTTP/1.1 ${reply.statusCode} ${reply.raw.statusMessage}\r\n`;
  return head.length + lines.join('').length + 2 + lengthOf(reply.getHeader('content-length'));
}

function lengthOf(contentLength: unknown): number {
  const length = Number(contentLength ?? 0);
  return Number.isSafeInteger(length) ? length : 0;
}

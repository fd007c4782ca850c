import type { FastifyReply } from 'fastify';

/** Sends a page. No cache may keep it: it belongs to one end-user and contains that browser's form protection. */
export function sendPage(reply: FastifyReply, status: number, html: string): void {
  void reply.status(status).header('cache-control', 'no-store').type('text/html; charset=utf-8').send(html);
}

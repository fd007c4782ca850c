import type { FastifyReply } from 'fastify';

/**
 * When the request came in, in milliseconds since the epoch. Two requests are twins by when they came, not by when a
 * busy service gets to them.
 */
export function arrivalOf({ elapsedTime }: FastifyReply, now: number): number {
  return now - elapsedTime;
}

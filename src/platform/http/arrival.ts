import type { FastifyReply } from 'fastify';

/**
 * When the request arrived, in milliseconds since the epoch. Concurrent duplicates are recognised by their arrival, not by when
 * a busy service handles them.
 */
export function arrivalOf({ elapsedTime }: FastifyReply, now: number): number {
  return now - elapsedTime;
}

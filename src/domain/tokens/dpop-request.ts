import type { FastifyReply, FastifyRequest } from 'fastify';

/** What a DPoP proof must match in a request, and how the response hands out a nonce. */
export interface DpopRequest {
  /** The header `DPoP`. */
  readonly proof: string | undefined;
  readonly method: string;
  /** Of the endpoint; the rest of the URL does not count. */
  readonly path: string;
  offerNonce(nonce: string): void;
}

export function dpopRequestOf(request: FastifyRequest, reply: FastifyReply): DpopRequest {
  const { headers, method, routeOptions } = request;
  const { dpop } = headers;
  return {
    proof: typeof dpop === 'string' ? dpop : undefined,
    method,
    path: routeOptions.url ?? '',
    offerNonce: (nonce) => void reply.header('dpop-nonce', nonce),
  };
}

import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify';
import { answered } from './access';
import type { EndpointDeclaration } from './endpoint';
import type { Endpoints } from './endpoints';
import type { RateLimiter, RequestLimit } from './rate-limiter';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of a route that is an endpoint; files have none. */
    endpoint?: EndpointDeclaration;
  }
}

/**
 * Makes a route of every endpoint: requests pass from Fastify's router to the handler through what the endpoint declares, no
 * more.
 */
export function routeEndpoints(instance: FastifyInstance, endpoints: Endpoints, limiter: RateLimiter): void {
  for (const { declaration, controller, handler, guarded } of endpoints.all()) {
    const { method, path: url, status = 200, cache = 'no-store', limit, bodyLimit, precondition } = declaration;
    const early = guarded?.access.beforeBody === true ? new WeakMap<FastifyRequest, unknown>() : undefined;
    // Errors go to the error writer, which sets status and Cache-Control itself.
    const admit = (request: FastifyRequest, reply: FastifyReply): unknown => {
      void reply.status(status).header('cache-control', cache);
      precondition?.(request);
      return guarded?.guard.admit(request, reply, guarded.access);
    };
    instance.route({
      method,
      url,
      config: { endpoint: declaration },
      ...(bodyLimit !== undefined && { bodyLimit }),
      ...(limit !== undefined && limiter.isOn && { preHandler: assertAllowed(limiter, limit) }),
      ...(early !== undefined && {
        onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
          early.set(request, await admit(request, reply));
        },
      }),
      handler: async (request, reply) => {
        const admitted = early === undefined ? admit(request, reply) : early.get(request);
        // A public endpoint waits for nobody.
        const caller = admitted && (await admitted);
        if (caller === answered) return reply;
        const answer = await handler.call(controller, request, reply, caller);
        if (answer === undefined && status === 204) return reply.send();
        // A stream is handed over but has not begun: Fastify must not take it for a missing response.
        return answer === undefined && !reply.raw.headersSent ? reply : answer;
      },
    });
  }
}

function assertAllowed(limiter: RateLimiter, limit: RequestLimit): preHandlerHookHandler {
  return async (request: FastifyRequest, _reply: FastifyReply) => {
    const subject = limit.subjectOf(request);
    if (subject !== undefined) await limiter.assertAllowed(limit, request.client, subject);
  };
}

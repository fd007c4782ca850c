import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { eventsOf } from '../http/request-events';
import type { AuditedRequest, AuditTrail } from './audit-trail';

const overLimit = 429;

/** Tells the trail what happened in each request, when it has been answered; a request in which nothing did costs nothing. */
export function auditRequests(instance: FastifyInstance, trail: AuditTrail): void {
  // When every request has been answered, and the store is still there.
  instance.addHook('onClose', () => trail.close());
  instance.addHook('onResponse', (request, reply, done) => {
    const events = eventsOf(request);
    if (events.length > 0) trail.hear(events, auditedRequest(request, reply));
    done();
  });
}

function auditedRequest(request: FastifyRequest, { elapsedTime, statusCode }: FastifyReply): AuditedRequest {
  const { endpoint } = request.routeOptions.config;
  const userAgent = request.headers['user-agent'];
  const model = modelOf(request);
  const tried = endpoint?.redeems?.(request);
  return {
    client: request.client,
    overLimit: statusCode === overLimit,
    durationMs: elapsedTime,
    requestId: request.id,
    ...(userAgent !== undefined && { userAgent }),
    ...(model !== undefined && { model }),
    // An empty one names none.
    ...(tried && { tried }),
  };
}

function modelOf(request: FastifyRequest): 'pkce' | 'wallet' | undefined {
  const step = request.routeOptions.config.endpoint?.step;
  const { model } = step === undefined ? { model: 'both' } : 'of' in step ? step.of(request) : step;
  return model === 'pkce' || model === 'wallet' ? model : undefined;
}

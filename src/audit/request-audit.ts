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
  const { client, headers, id, routeOptions } = request;
  return {
    client,
    overLimit: statusCode === overLimit,
    ip: client.ip,
    userAgent: headers['user-agent'],
    durationMs: elapsedTime,
    requestId: id,
    model: modelOf(request),
    // An empty one names none.
    tried: routeOptions.config.endpoint?.redeems?.(request) || undefined,
  };
}

function modelOf(request: FastifyRequest): 'pkce' | 'wallet' | undefined {
  const step = request.routeOptions.config.endpoint?.step;
  if (step === undefined) return undefined;
  const model = ('of' in step ? step.of(request) : step)?.model;
  return model === 'both' ? undefined : model;
}

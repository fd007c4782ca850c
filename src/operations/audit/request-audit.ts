import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { EndedRequest } from '../../platform/http/request-end';
import { isAdministration, newEventsOf } from '../../domain/events/request-events';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import type { AuditedRequest, AuditTrail } from './audit-trail';

const overLimit = 429;
/** How long the end of the service waits for requests that run on although their connections have closed. */
const endWithinMs = 2_000;

/**
 * Tells the trail what happened in each request when it is over, answered or not; a request in which nothing did costs
 * nothing. What an operator changed is written before it is answered.
 */
export function auditRequests(instance: FastifyInstance, trail: AuditTrail): void {
  const { requestEnds } = instance;
  // When every request is over, and the store is still there.
  instance.addHook('onClose', async () => {
    await Promise.race([requestEnds.allOver(), delay(endWithinMs, undefined, { ref: false })]);
    await trail.close();
  });
  const record = (ended: EndedRequest) => {
    const events = newEventsOf(ended.request);
    if (events.length > 0) trail.record(events, auditedRequest(ended));
  };
  requestEnds.listen(record);
  instance.addHook('onSend', (request, reply, _payload, done) => {
    // Only what has succeeded: the error response of a store that does not take the event must not wait for it again.
    if (!isAdministration(request) || reply.statusCode >= 400) return done();
    record({ request, reply, aborted: false });
    const refuse = (cause: unknown) => done(new StoreUnavailableError(cause));
    return void trail.flush().then(() => done(), refuse);
  });
}

function auditedRequest({ request, reply, aborted }: EndedRequest): AuditedRequest {
  const { client, headers, id, routeOptions } = request;
  return {
    client,
    overLimit: reply.statusCode === overLimit,
    administration: isAdministration(request),
    aborted,
    ip: client.ip,
    userAgent: headers['user-agent'],
    durationMs: reply.elapsedTime,
    requestId: id,
    model: modelOf(request),
    // An empty one names none.
    tried: routeOptions.config.endpoint?.redeems?.(request) || undefined,
  };
}

function modelOf(request: EndedRequest['request']): 'pkce' | 'wallet' | undefined {
  const step = request.routeOptions.config.endpoint?.step;
  if (step === undefined) return undefined;
  const model = ('of' in step ? step.of(request) : step)?.model;
  return model === 'both' ? undefined : model;
}

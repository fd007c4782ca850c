import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { EndedRequest } from '../../platform/http/request-end';
import { isAdministration, newEventsOf } from '../../domain/events/request-events';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import type { AuditedRequest, AuditTrail } from './audit-trail';

const overLimit = 429;
/** Milliseconds that a stopping service waits for requests whose connections have closed. */
const endWithinMs = 2_000;

/**
 * Records the events of each request when it is over, answered or aborted; a request without events costs nothing. An
 * operator's changes are written before the response.
 */
export function auditRequests(instance: FastifyInstance, trail: AuditTrail): void {
  const { requestEnds } = instance;
  // After every request, while the store is still open.
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
    // Only after success: the error response about a store that refuses the event must not wait for it again.
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
    // An empty one does not count.
    tried: routeOptions.config.endpoint?.redeems?.(request) || undefined,
  };
}

function modelOf(request: EndedRequest['request']): 'pkce' | 'wallet' | undefined {
  const step = request.routeOptions.config.endpoint?.step;
  if (step === undefined) return undefined;
  const model = ('of' in step ? step.of(request) : step)?.model;
  return model === 'both' ? undefined : model;
}

import type { SessionModel } from '../../domain/identity/authentication';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { EndedRequest } from '../../platform/http/request-end';
import type { ServiceEvent } from '../../domain/events/event';
import { actorOf, announcedEventsOf, isAdministration, newEventsOf } from '../../domain/events/request-events';
import type { AuditedRequest, AuditTrail } from './audit-trail';
import type { Occasion } from './to-audit-event';

const overLimit = 429;
/** Milliseconds that a stopping service waits for requests whose connections have closed. */
const endWithinMs = 2_000;
/** Milliseconds that an operator's change waits, so that its event knows whether the client hung up right behind its request. */
const hangUpWithinMs = 5;

/** Records the events of each request when it is over, answered or aborted; a request without events costs nothing. */
export function auditRequests(instance: FastifyInstance, trail: AuditTrail): void {
  const { requestEnds } = instance;
  // After every request, while the store is still open.
  instance.addHook('onClose', async () => {
    await Promise.race([requestEnds.allOver(), delay(endWithinMs, undefined, { ref: false })]);
    await trail.close();
  });
  requestEnds.listen((ended) => {
    const events = newEventsOf(ended.request);
    if (events.length > 0) trail.record(events, auditedRequest(ended));
  });
}

/** Stores what an operator's request is about to change. */
export function announcingIn(trail: AuditTrail) {
  return async (request: FastifyRequest, changes: readonly ServiceEvent[]): Promise<void> => {
    if (announcedEventsOf(request).length === 0) {
      await delay(hangUpWithinMs);
      // A busy process has not looked at its connections since.
      await nextTurn();
    }
    await trail.announce(changes, { ...occasionOf(request), aborted: request.server.requestEnds.isGone(request) });
  };
}

function auditedRequest({ request, reply, aborted }: EndedRequest): AuditedRequest {
  return {
    ...occasionOf(request),
    client: request.client,
    overLimit: reply.statusCode === overLimit,
    administration: isAdministration(request),
    aborted,
    durationMs: reply.elapsedTime,
    earlier: announcedEventsOf(request),
  };
}

function occasionOf(request: FastifyRequest): Occasion {
  const { client, headers, id, method, routeOptions } = request;
  const actor = actorOf(request);
  return {
    ip: client.ip,
    userAgent: headers['user-agent'],
    requestId: id,
    model: modelOf(request),
    // An empty one does not count.
    tried: routeOptions.config.endpoint?.redeems?.(request) || undefined,
    ...(actor !== undefined && { actor, route: `${method} ${templateOf(routeOptions.url)}` }),
  };
}

function modelOf(request: FastifyRequest): SessionModel | undefined {
  const step = request.routeOptions.config.endpoint?.step;
  if (step === undefined) return undefined;
  const model = ('of' in step ? step.of(request) : step)?.model;
  return model === 'both' ? undefined : model;
}

/** A route as OpenAPI spells it. */
function templateOf(path = ''): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../../platform/clock';
import type { ServiceEvent } from '../../domain/events/event';
import { keptOutOf } from '../../platform/logger';
import { LogAggregator } from '../../platform/http/log-aggregator';
import type { ProtocolError } from '../../platform/http/protocol-error';
import type { EndedRequest } from '../../platform/http/request-end';
import { eventsOf } from '../../domain/events/request-events';

declare module 'fastify' {
  interface FastifyRequest {
    /** The error of a response that is our own fault. */
    fault: ProtocolError | null;
  }
}

const overLimit = 429;

/** Whom and what the events of a request are about. */
interface Logged {
  /** The last event. */
  event?: string;
  /** All events, if there are several. */
  events?: readonly string[];
  client?: string | undefined;
  sub?: string;
  grant?: string;
  reason?: string;
}

/**
 * Logs each request in one line when it is over, answered or aborted: what happened, to whom, and why. Of refusals over a
 * limit, the first of each client and minute is logged, and then the number of the others.
 */
export function logRequests(instance: FastifyInstance, logger: Logger, clock: Clock): void {
  const aggregator = new LogAggregator((aggregated) =>
    logger.warn({ status: overLimit, ...aggregated }, 'requests over a limit'),
  );
  instance.decorateRequest('fault', null);
  instance.addHook('onClose', async () => aggregator.flush());
  instance.requestEnds.listen((ended) => {
    const { request, reply } = ended;
    if (reply.statusCode === overLimit && !aggregator.isFirst(request.client, clock.now())) return;
    if (reply.statusCode >= 400) for (const sent of leftOut(request)) keptOutOf(logger, sent);
    const line = lineOf(ended);
    if (request.fault !== null) logger.error({ ...line, ...causeOf(request.fault) }, 'request');
    else if (line.reason !== undefined) logger.warn(line, 'request');
    else logger.info(line, 'request');
  });
}

/** Parts of a refused request where credentials do not belong. An endpoint's query may contain one; an unknown URL's may not. */
function leftOut({ raw, headers, routeOptions }: FastifyRequest): string[] {
  const url = raw.url ?? '';
  const path = routeOptions.url === undefined ? url : (url.split('?', 1)[0] ?? '');
  const inHeaders = [headers['user-agent'], headers.referer, headers['x-request-id']];
  return [path, ...inHeaders].filter((text) => typeof text === 'string');
}

function lineOf({ request, reply: { statusCode: status, elapsedTime }, aborted }: EndedRequest) {
  return {
    reqId: request.id,
    method: request.method,
    // The route's pattern, not the path: whatever was put into an unknown path stays out of the log.
    route: request.routeOptions.url ?? 'unmatched',
    // For an aborted request, the status that it would have had.
    status,
    ...(aborted && { aborted }),
    ms: Math.round(elapsedTime * 10) / 10,
    ...loggedOf(eventsOf(request)),
  };
}

function loggedOf(events: readonly ServiceEvent[]): Logged {
  const logged: Logged = {};
  for (const event of events) {
    logged.event = event.type;
    if ('clientId' in event) logged.client = event.clientId;
    // For a refusal it is the subject that somebody claimed to be.
    if ('sub' in event && event.type !== 'request_refused') logged.sub = event.sub;
    if ('grantId' in event) logged.grant = event.grantId;
    if (event.type === 'request_refused') logged.reason = event.reason;
  }
  if (events.length > 1) logged.events = events.map(({ type }) => type);
  return logged;
}

/** For a fault all that we know; for an unavailable store only the kind, because it fails the same way a thousand times. */
function causeOf({ status, cause }: ProtocolError): { err?: unknown; cause?: string } {
  return status === 503 ? { cause: nameOf(cause) } : { err: cause };
}

/** A text is one of ours, and says more than a name. */
function nameOf(cause: unknown): string {
  const root = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  if (typeof root === 'string') return root;
  return root instanceof Error ? root.name : typeof root;
}

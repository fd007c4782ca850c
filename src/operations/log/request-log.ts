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
    /** The error that the request was answered with, where it is a fault of ours. */
    fault: ProtocolError | null;
  }
}

const overLimit = 429;

/** Whom and what the events of a request are about, as far as they say. */
interface Told {
  /** The last of them. */
  event?: string;
  /** All of them, where there is more than one. */
  events?: readonly string[];
  client?: string | undefined;
  sub?: string;
  grant?: string;
  reason?: string;
}

/**
 * Logs each request in one line when it is over, answered or not: what happened, to whom, and why. Of the refusals over a limit
 * each client has the first of a minute, and then a line with the number of the others.
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

/** Of a request that was refused: where credentials do not belong. The query of an endpoint may hold one, any other not. */
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
    // The route's pattern rather than the path: whatever was put into an unknown path stays out of the log.
    route: request.routeOptions.url ?? 'unmatched',
    // Of an aborted request what it would have been answered.
    status,
    ...(aborted && { aborted }),
    ms: Math.round(elapsedTime * 10) / 10,
    ...toldBy(eventsOf(request)),
  };
}

function toldBy(events: readonly ServiceEvent[]): Told {
  const told: Told = {};
  for (const event of events) {
    told.event = event.type;
    if ('clientId' in event) told.client = event.clientId;
    // Of a refusal it is the subject that somebody tried to be.
    if ('sub' in event && event.type !== 'request_refused') told.sub = event.sub;
    if ('grantId' in event) told.grant = event.grantId;
    if (event.type === 'request_refused') told.reason = event.reason;
  }
  if (events.length > 1) told.events = events.map(({ type }) => type);
  return told;
}

/** Of a fault all that we know, of a store that is away its kind: it fails the same way a thousand times. */
function causeOf({ status, cause }: ProtocolError): { err?: unknown; cause?: string } {
  return status === 503 ? { cause: nameOf(cause) } : { err: cause };
}

/** A text is one of ours, and says more than a name. */
function nameOf(cause: unknown): string {
  const root = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  if (typeof root === 'string') return root;
  return root instanceof Error ? root.name : typeof root;
}

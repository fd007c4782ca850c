import type { FastifyRequest } from 'fastify';
import type { ServiceEvent } from '../../domain/events/event';
import type { LoginStep } from '../../platform/http/login-step';

/** The step of a login that the request is, if it is one: HEAD has the route of GET and is none. */
export function stepOf(request: FastifyRequest): LoginStep | undefined {
  const { endpoint } = request.routeOptions.config;
  if (endpoint?.step === undefined || endpoint.method !== request.method) return undefined;
  return 'of' in endpoint.step ? endpoint.step.of(request) : endpoint.step;
}

/** The client that the request is of; events tell of clients that there are, or were. */
export function clientIdOf(events: readonly ServiceEvent[]): string | undefined {
  for (const event of events) if ('clientId' in event && event.clientId !== undefined) return event.clientId;
  return undefined;
}

/**
 * How a step ended: `ok`, `login` or `consent` when a page comes first, why it was refused, or `aborted`. Whatever a caller
 * sent, it is one of a closed set, because each value becomes a time series.
 */
export function outcomeOf(events: readonly ServiceEvent[], status: number, aborted: boolean): string {
  const last = events.at(-1);
  // The same error code as that of a store that is away, which is our fault.
  if (last?.type === 'request_refused') return status === 429 ? 'rate_limited' : last.reason;
  // After what was refused: whoever hangs up hides no wrong proof, and an outage stays one when callers lose patience.
  if (aborted) return 'aborted';
  if (last?.type === 'login_asked') return 'login';
  return last?.type === 'consent_asked' ? 'consent' : 'ok';
}

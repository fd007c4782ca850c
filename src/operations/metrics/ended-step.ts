import type { FastifyRequest } from 'fastify';
import type { ServiceEvent } from '../../domain/events/event';
import type { LoginStep } from '../../platform/http/login-step';

/** The request's step of a login, if any: HEAD shares the route of GET and is none. */
export function stepOf(request: FastifyRequest): LoginStep | undefined {
  const { endpoint } = request.routeOptions.config;
  if (endpoint?.step === undefined || endpoint.method !== request.method) return undefined;
  return 'of' in endpoint.step ? endpoint.step.of(request) : endpoint.step;
}

/** The request's client; events name only registered clients, past or present. */
export function clientIdOf(events: readonly ServiceEvent[]): string | undefined {
  for (const event of events) if ('clientId' in event && event.clientId !== undefined) return event.clientId;
  return undefined;
}

/**
 * The outcome of a step: `ok`, `login` or `consent` when a page comes first, the reason of a refusal, or `aborted`. One of a
 * closed set whatever was sent, because each value becomes a time series.
 */
export function outcomeOf(events: readonly ServiceEvent[], status: number, aborted: boolean): string {
  const last = events.at(-1);
  // 429 shares its error code with an unavailable store, which is our fault.
  if (last?.type === 'request_refused') return status === 429 ? 'rate_limited' : last.reason;
  // After refusals: hanging up must not hide a wrong proof, and an outage stays one when callers lose patience.
  if (aborted) return 'aborted';
  if (last?.type === 'login_asked') return 'login';
  return last?.type === 'consent_asked' ? 'consent' : 'ok';
}

import type { FastifyReply, FastifyRequest } from 'fastify';

const redirectedErrors = new Set([
  'invalid_request',
  'unauthorized_client',
  'unsupported_response_type',
  'invalid_scope',
  'invalid_target',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
  'login_required',
  'consent_required',
  'interaction_required',
  'request_not_supported',
  'request_uri_not_supported',
]);

/**
 * How a step of a login ended: `ok`, `login` or `consent` when a page comes first, or why it was refused. Whatever a
 * caller sent, the answer is one of a closed set, because each value becomes a time series.
 */
export function outcomeOf(request: FastifyRequest, reply: FastifyReply): string {
  if (request.refusal !== undefined) return request.refusal;
  if (reply.statusCode === 401) return 'password_wrong';
  if (reply.statusCode >= 400) return `status_${reply.statusCode}`;
  const route = request.routeOptions.url;
  if (route !== '/authorize' && route !== '/consent') return 'ok';
  if (reply.statusCode === 200) return 'consent';
  return redirectOutcome(String(reply.getHeader('location') ?? ''));
}

/** An authorization error travels in the redirect to the client. Source: RFC 6749 §4.1.2.1. */
function redirectOutcome(location: string): string {
  if (location.startsWith('/login')) return 'login';
  const query = new URLSearchParams(location.slice(location.indexOf('?') + 1));
  const error = query.has('code') ? undefined : query.getAll('error').at(-1);
  if (error === undefined) return 'ok';
  return redirectedErrors.has(error) ? error : 'invalid_request';
}

import { type ErrorDefinition, type ErrorDetails, ProtocolError } from './protocol-error';

/** Refusals that belong to no protocol: HTTP's own, and those of the service as a whole. */
export const httpErrors = {
  not_found: { status: 404, error: 'invalid_request', description: 'There is nothing at this address' },
  method_not_allowed: {
    status: 405,
    error: 'invalid_request',
    description: 'This address does not answer that method; see the Allow header',
  },
  body_too_large: { status: 413, error: 'invalid_request', description: 'The body is larger than this address reads' },
  request_timeout: { status: 408, error: 'invalid_request', description: 'The request did not arrive in time' },
  precondition_failed: {
    status: 412,
    error: 'invalid_request',
    description: 'What is at this address does not meet the condition of the request',
  },
  range_not_satisfiable: {
    status: 416,
    error: 'invalid_request',
    description: 'What is at this address is shorter than the range that was asked for',
  },
  expectation_failed: {
    status: 417,
    error: 'invalid_request',
    description: 'Of the header Expect, only 100-continue is understood',
  },
  url_too_long: { status: 414, error: 'invalid_request', description: 'The address is too long' },
  headers_too_large: { status: 431, error: 'invalid_request', description: 'The headers are too large' },
  media_type_unsupported: {
    status: 415,
    error: 'invalid_request',
    description: 'This address does not read a body of that type',
  },
  malformed: { status: 400, error: 'invalid_request', description: 'The request cannot be read' },
  rate_limited: {
    status: 429,
    error: 'temporarily_unavailable',
    description: 'Too many requests; try again after the seconds in Retry-After',
  },
  store_unavailable: {
    status: 503,
    error: 'temporarily_unavailable',
    description: 'The service cannot reach its database; try again after the seconds in Retry-After',
  },
  chain_unavailable: {
    status: 503,
    error: 'temporarily_unavailable',
    description: 'The service cannot reach a node of this chain; try again after the seconds in Retry-After',
    hint: 'The signature was not looked at, and the message can still be signed in with: go back and try again in a moment.',
  },
  keys_unavailable: {
    status: 503,
    error: 'temporarily_unavailable',
    description: 'The keys of this client cannot be fetched at this moment; try again after the seconds in Retry-After',
  },
  misdirected: {
    status: 421,
    error: 'invalid_request',
    description: 'This development server answers only to loopback names and to the host of its ISSUER',
    hint: 'Open it by that name, or start it with the ISSUER by which you reach it.',
  },
  internal: { status: 500, error: 'server_error', description: 'Something went wrong on our side' },
} as const satisfies Record<string, ErrorDefinition>;

export class HttpError extends ProtocolError {
  constructor(
    readonly code: keyof typeof httpErrors,
    details?: ErrorDetails,
  ) {
    super(httpErrors[code], undefined, details);
  }
}

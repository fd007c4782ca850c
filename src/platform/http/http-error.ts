import { type ErrorDetails, errors, ProtocolError } from './protocol-error';

/** Errors of no protocol: HTTP's own, and those of the whole service. */
export const httpErrors = {
  ...errors(404, 'invalid_request', { not_found: 'There is nothing at this address' }),
  ...errors(405, 'invalid_request', {
    method_not_allowed: 'This address does not answer that method; see the Allow header',
  }),
  ...errors(413, 'invalid_request', { body_too_large: 'The body is larger than this address reads' }),
  ...errors(408, 'invalid_request', { request_timeout: 'The request did not arrive in time' }),
  ...errors(412, 'invalid_request', {
    precondition_failed: 'What is at this address does not meet the condition of the request',
  }),
  ...errors(416, 'invalid_request', {
    range_not_satisfiable: 'What is at this address is shorter than the range that was asked for',
  }),
  ...errors(417, 'invalid_request', { expectation_failed: 'Of the header Expect, only 100-continue is understood' }),
  ...errors(414, 'invalid_request', { url_too_long: 'The address is too long' }),
  ...errors(431, 'invalid_request', { headers_too_large: 'The headers are too large' }),
  ...errors(415, 'invalid_request', { media_type_unsupported: 'This address does not read a body of that type' }),
  ...errors(400, 'invalid_request', { malformed: 'The request cannot be read' }),
  ...errors(429, 'temporarily_unavailable', {
    rate_limited: 'Too many requests; try again after the seconds in Retry-After',
  }),
  ...errors(503, 'temporarily_unavailable', {
    store_unavailable: 'The service cannot reach its database; try again after the seconds in Retry-After',
    chain_unavailable: [
      'The service cannot reach a node of this chain; try again after the seconds in Retry-After',
      'The signature was not looked at, and the message can still be signed in with: go back and try again in a moment.',
    ],
    keys_unavailable:
      'The keys of this client cannot be fetched at this moment; try again after the seconds in Retry-After',
  }),
  ...errors(421, 'invalid_request', {
    misdirected: [
      'This development server answers only to loopback names and to the host of its ISSUER',
      'Open it by that name, or start it with the ISSUER by which you reach it.',
    ],
  }),
  ...errors(500, 'server_error', { internal: 'Something went wrong on our side' }),
};

export class HttpError extends ProtocolError {
  constructor(
    readonly code: keyof typeof httpErrors,
    details?: ErrorDetails,
  ) {
    super(httpErrors[code], undefined, details);
  }
}

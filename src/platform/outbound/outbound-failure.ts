/** Why a fetch failed, for the error page; never what the other side sent. */
export const outboundFailures = {
  busy: 'too much is being fetched at this moment; try again in a minute',
  url_refused: 'its URL is not one that may be fetched',
  name_unresolved: 'the name of its host has no IP address',
  ip_refused: 'its host is not on the public Internet',
  unreachable: 'its host does not answer as an https server',
  timeout: 'its host did not answer in time',
  redirected: 'its host answered with a redirect',
  status: 'its host answered with another status than 200',
  content_type: 'its host answered with another content type than is expected',
  encoded: 'its host answered with a compressed body',
  too_large: 'its host answered with more than is read',
  incomplete: 'its host ended the answer before it was complete',
} as const;

export type OutboundFailure = keyof typeof outboundFailures;

/** A failed fetch. Contains neither the request's nor the response's body. */
export class OutboundError extends Error {
  constructor(
    readonly failure: OutboundFailure,
    options?: ErrorOptions,
  ) {
    super(outboundFailures[failure], options);
  }
}

import { type ErrorDefinition, type ErrorDetails, ProtocolError } from '../../platform/http/protocol-error';

/** Error responses of the login and consent forms, by their reason. A wrong password has none: it shows the form again. */
export const loginErrors = {
  csrf_invalid: {
    status: 403,
    error: 'invalid_request',
    description: 'This form was not sent from the page that this browser was shown',
    hint: 'Go back, reload the page and try again. Cookies must be allowed for this site, and the form must be sent from the page itself.',
  },
  request_too_long: {
    status: 400,
    error: 'invalid_request',
    description: 'The authorization request is too long',
    hint: 'Send a shorter state, or keep what it holds on your side under a short key.',
  },
  parameter_repeated: {
    status: 400,
    error: 'invalid_request',
    description: 'A parameter is given more than once',
    hint: 'Send each parameter once (RFC 6749 §3.1).',
  },
  client_unknown: {
    status: 400,
    error: 'invalid_request',
    description: 'Unknown client_id',
    hint: 'The application’s client_id is not registered here. If you build it, check the client_id and this server’s URL.',
  },
  id_token_hint_mismatch: {
    status: 400,
    error: 'invalid_request',
    description: 'id_token_hint is not an ID token of this client_id',
    hint: 'Send the client_id that the ID token was issued to, or none.',
  },
  post_logout_redirect_uri_unregistered: {
    status: 400,
    error: 'invalid_request',
    description: 'post_logout_redirect_uri is not registered for this client',
    hint: 'Send a post_logout_redirect_uri that is registered for this client, character for character, and with it a client_id or an id_token_hint.',
  },
  ending_invalid: {
    status: 400,
    error: 'invalid_request',
    description: 'end must be session, app or everything',
  },
} as const satisfies Record<string, ErrorDefinition>;

export type LoginErrorReason = keyof typeof loginErrors;

export class LoginError extends ProtocolError {
  constructor(
    override readonly reason: LoginErrorReason,
    details?: ErrorDetails,
  ) {
    super(loginErrors[reason], reason, details);
  }
}

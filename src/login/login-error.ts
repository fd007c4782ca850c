import { type ErrorDefinition, type ErrorDetails, ProtocolError } from '../http/protocol-error';

/** Refusals of the login and consent forms, by their reason. A wrong password is none: it shows the form again. */
export const loginErrors = {
  csrf_invalid: {
    status: 403,
    error: 'invalid_request',
    description: 'This form was not sent from the page that this browser was shown',
  },
  request_too_long: { status: 400, error: 'invalid_request', description: 'The authorization request is too long' },
  parameter_repeated: { status: 400, error: 'invalid_request', description: 'A parameter is given more than once' },
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

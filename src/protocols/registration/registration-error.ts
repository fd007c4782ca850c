import { bodyAllowed } from '../../platform/http/json';
import { type ErrorDefinition, type ErrorDetails, ProtocolError } from '../../platform/http/protocol-error';

/** Error responses of registration, by their reason. Source: RFC 7591 §3.2.2, RFC 7592 §2. */
export const registrationErrors = {
  registration_token_required: {
    status: 401,
    error: 'invalid_token',
    description: 'An initial access token is required',
    hint: 'Whoever runs this server gives it out: send it as Authorization: Bearer (RFC 7591 §3).',
  },
  registration_access_token_invalid: {
    status: 401,
    error: 'invalid_token',
    description: 'The registration access token is not one of this client',
  },
  registration_body_invalid: {
    status: 400,
    error: 'invalid_client_metadata',
    description: `The body must be a JSON object of client metadata, ${bodyAllowed}`,
  },
  redirect_uris_invalid: {
    status: 400,
    error: 'invalid_redirect_uri',
    description: 'redirect_uris is not allowed so',
    hint: 'The description says what is allowed in it.',
  },
  client_metadata_invalid: {
    status: 400,
    error: 'invalid_client_metadata',
    description: 'A field is not allowed',
    hint: 'The description names the field and what is allowed in it.',
  },
} as const satisfies Record<string, ErrorDefinition>;

export type RegistrationErrorReason = keyof typeof registrationErrors;

export class RegistrationError extends ProtocolError {
  constructor(
    override readonly reason: RegistrationErrorReason,
    details?: ErrorDetails,
    description: string = registrationErrors[reason].description,
  ) {
    super({ ...registrationErrors[reason], description }, reason, details);
  }
}

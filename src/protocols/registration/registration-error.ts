import { bodyAllowed } from '../../platform/http/json';
import { errorClass, errors } from '../../platform/http/protocol-error';

/** Errors of registration, by reason. Source: RFC 7591 §3.2.2, RFC 7592 §2. */
export const registrationErrors = {
  ...errors(401, 'invalid_token', {
    registration_token_required: [
      'An initial access token is required',
      'Whoever runs this server gives it out: send it as Authorization: Bearer (RFC 7591 §3).',
    ],
    registration_access_token_invalid: 'The registration access token is not one of this client',
  }),
  ...errors(400, 'invalid_client_metadata', {
    registration_body_invalid: `The body must be a JSON object of client metadata, ${bodyAllowed}`,
    client_metadata_invalid: ['A field is not allowed', 'The description names the field and what is allowed in it.'],
  }),
  ...errors(400, 'invalid_redirect_uri', {
    redirect_uris_invalid: ['redirect_uris is not allowed so', 'The description says what is allowed in it.'],
  }),
};

export class RegistrationError extends errorClass(registrationErrors) {}

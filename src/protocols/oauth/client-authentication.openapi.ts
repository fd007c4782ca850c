import * as z from 'zod';
import { refusals, optionalText } from '../../platform/http/description';
import { oauthErrors } from './oauth-error';

/** How a client authenticates in a form. Source: RFC 6749 §2.3.1, RFC 7523 §2.2. */
export const clientAuthenticationFields = {
  client_id: optionalText('Of a public client, and with client_secret_post.'),
  client_secret: optionalText('With client_secret_post.'),
  client_assertion: optionalText('With private_key_jwt (RFC 7523).'),
  client_assertion_type: z
    .literal('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    .optional()
    .describe('With private_key_jwt.'),
};

/** Errors of client authentication in a form. */
export const clientAuthenticationRefusals = refusals(
  oauthErrors,
  'parameter_repeated',
  'client_authentication_repeated',
  'client_authentication_failed',
);

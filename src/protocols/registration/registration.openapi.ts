import { answers, idParameter } from '../../platform/http/body.openapi';
import { recordSchema } from '../../platform/fields/fields.openapi';
import { clientFields } from '../../domain/clients/client-metadata';
import { jsonBody } from '../../platform/http/body.openapi';
import type { Operation, Responses, SchemaObject } from '../../platform/http/openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { registrableFields } from './registered-metadata';
import { type RegistrationErrorReason, registrationErrors } from './registration-error';

const fields = Object.fromEntries(registrableFields.map((name) => [name, clientFields[name]]));
const metadata = recordSchema(fields);
const text: SchemaObject = { type: 'string' };
const answer = recordSchema(fields, {
  client_id: text,
  client_id_issued_at: { type: 'integer', description: 'Seconds since the epoch.' },
  client_secret: { type: 'string', description: 'Shown once: the store keeps its hash.' },
  client_secret_expires_at: { type: 'integer', description: '0: never.' },
  registration_access_token: { type: 'string', description: 'With it the client manages its registration.' },
  registration_client_uri: { type: 'string', format: 'uri' },
});

const clientId = '8d1Gq0m3TnC5rLk2Vx7ZpA';
const sent = {
  client_name: 'Notes for the desk',
  redirect_uris: ['http://localhost/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
};
const example = {
  client_id: clientId,
  client_id_issued_at: 1_767_225_600,
  registration_access_token: '2vS0pYcQ1kT7mXw4bZr8nHd3fJg6LaEo9iUtRq5yWxM',
  registration_client_uri: `http://localhost:3000/register/${clientId}`,
  ...sent,
  application_type: 'web',
  response_types: ['code'],
  scope: 'openid profile email offline_access',
  id_token_signed_response_alg: 'RS256',
  require_pushed_authorization_requests: false,
  dpop_bound_access_tokens: false,
};

const parameters = [idParameter('client_id', clientId)];
const ofClient = { tags: ['PKCE model'], parameters } satisfies Partial<Operation>;

function registrationRefusals(...reasons: readonly RegistrationErrorReason[]): Responses {
  return errorResponses(
    refusals(registrationErrors, ...reasons),
    httpRefusals('body_too_large', 'rate_limited', 'store_unavailable'),
  );
}

const ofMetadata = [
  'registration_body_invalid',
  'redirect_uris_invalid',
  'client_metadata_invalid',
] as const satisfies readonly RegistrationErrorReason[];

export const registerOperation: Operation = {
  tags: ['PKCE model'],
  operationId: 'register',
  summary: 'Register a client (RFC 7591)',
  description:
    'It is a third party, and goes after 24 hours in which nobody logged in with it. Metadata that is not known is ignored.',
  requestBody: jsonBody(metadata, { example: { summary: 'a native client', value: sent } }),
  responses: {
    201: answers('It is registered', answer, example),
    ...registrationRefusals('registration_token_required', ...ofMetadata),
  },
};

export const readRegistrationOperation: Operation = {
  ...ofClient,
  operationId: 'readRegistration',
  summary: 'What a client has registered (RFC 7592)',
  responses: {
    200: answers('The registration, without the secret', answer, example),
    ...registrationRefusals('registration_access_token_invalid'),
  },
};

export const replaceRegistrationOperation: Operation = {
  ...ofClient,
  operationId: 'replaceRegistration',
  summary: 'Put other metadata in the place of all that a client has registered (RFC 7592)',
  requestBody: jsonBody(recordSchema(fields, { client_id: text, client_secret: text }), {
    example: { summary: 'another name', value: { ...sent, client_id: clientId, client_name: 'Desk notes' } },
  }),
  responses: {
    200: answers('The registration as it is now', answer, { ...example, client_name: 'Desk notes' }),
    ...registrationRefusals('registration_access_token_invalid', ...ofMetadata),
  },
};

export const removeRegistrationOperation: Operation = {
  ...ofClient,
  operationId: 'removeRegistration',
  summary: 'Remove a client that has registered itself, and end what it was granted (RFC 7592)',
  responses: {
    204: { description: 'It is gone' },
    ...registrationRefusals('registration_access_token_invalid'),
  },
};

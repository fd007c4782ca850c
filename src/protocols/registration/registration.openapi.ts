import * as z from 'zod';
import { clientFields, type ClientMetadata } from '../../domain/clients/client-metadata';
import { recordAnswer } from '../../platform/fields/fields';
import { type Description, jsonAnswer, refusals, optionalText } from '../../platform/http/description';
import { registrableFields } from './registered-metadata';
import { operatorRefusals } from '../../domain/operators/operators.openapi';
import { registrationErrors } from './registration-error';

const fields = Object.fromEntries(registrableFields.map((name) => [name, clientFields[name]]));
const metadata = z.object(fields).partial();
const given = z.object({
  client_id: z.string(),
  client_id_issued_at: z.int().describe('Seconds since the epoch.'),
  client_secret: optionalText('Shown once: the store keeps its hash.'),
  client_secret_expires_at: z.literal(0).optional().describe('0: never.'),
  registration_access_token: z.string().describe('With it the client manages its registration.'),
  registration_client_uri: z.url(),
});
const registration = recordAnswer(fields, given.shape);

/** Source: RFC 7591 §3.2.1, RFC 7592 §3. */
export type RegistrationAnswer = ClientMetadata & Readonly<z.infer<typeof given>>;

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

const metadataRefusals = refusals(
  registrationErrors,
  'registration_body_invalid',
  'redirect_uris_invalid',
  'client_metadata_invalid',
);
const ofClient = {
  tags: ['PKCE model'],
  path: { client_id: clientId },
  refusals: refusals(registrationErrors, 'registration_access_token_invalid'),
} satisfies Partial<Description>;

export const registerOperation: Description = {
  tags: ['PKCE model'],
  operationId: 'register',
  summary: 'Register a client (RFC 7591)',
  description:
    'It is a third party, and goes after 24 hours in which nobody logged in with it. Metadata that is not known is ignored.',
  body: { schema: metadata, examples: { example: { summary: 'a native client', value: sent } } },
  answers: { 201: jsonAnswer('It is registered', registration, example) },
  refusals: [...refusals(registrationErrors, 'registration_token_required'), ...operatorRefusals, ...metadataRefusals],
};

export const readRegistrationOperation: Description = {
  ...ofClient,
  operationId: 'readRegistration',
  summary: 'What a client has registered (RFC 7592)',
  answers: { 200: jsonAnswer('The registration, without the secret', registration, example) },
};

const renamed = { ...sent, client_id: clientId, client_name: 'Desk notes' };
export const replaceRegistrationOperation: Description = {
  ...ofClient,
  operationId: 'replaceRegistration',
  summary: 'Put other metadata in the place of all that a client has registered (RFC 7592)',
  body: {
    schema: metadata.extend({ client_id: z.string().optional(), client_secret: z.string().optional() }),
    examples: { example: { summary: 'another name', value: renamed } },
  },
  answers: { 200: jsonAnswer('The registration as it is now', registration, { ...example, ...renamed }) },
  refusals: [...ofClient.refusals, ...metadataRefusals],
};

export const removeRegistrationOperation: Description = {
  ...ofClient,
  operationId: 'removeRegistration',
  summary: 'Remove a client that has registered itself, and end what it was granted (RFC 7592)',
  answers: { 204: { description: 'It is gone' } },
};

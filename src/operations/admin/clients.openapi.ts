import { jsonBody } from '../../platform/http/body.openapi';
import type { Operation, RequestBodyObject } from '../../platform/http/openapi';
import { adminOperation, adminRefusals, pageAnswers, pageParameters } from './admin.openapi';
import { answers, idParameter } from '../../platform/http/body.openapi';
import { recordBody, recordSchema } from '../../platform/fields/fields.openapi';
import { clientFields } from '../../domain/clients/client-metadata';

const sent = {
  client_id: 'notes',
  client_name: 'Notes',
  redirect_uris: ['https://notes.example/callback'],
  scope: 'openid profile offline_access',
  first_party: true,
};
const example = {
  ...sent,
  application_type: 'web',
  grant_types: ['authorization_code'],
  response_types: ['code'],
  token_endpoint_auth_method: 'client_secret_basic',
  id_token_signed_response_alg: 'RS256',
  require_state: true,
};
const client = recordSchema(clientFields, { client_id: { type: 'string' } });
const withSecret = recordSchema(clientFields, {
  client_id: { type: 'string' },
  client_secret: { type: 'string', description: 'Shown once: the store keeps its hash.' },
});
const secretExample = { ...example, client_secret: '2vS0pYcQ1kT7mXw4bZr8nHd3fJg6LaEo9iUtRq5yWxM' };
const idField = { client_id: { type: 'string', description: 'Random by default; never changes.' } };
const parameters = [idParameter('client_id', 'notes')];

/** What can be sent for another secret, of a client or an API. */
export const secretBody: RequestBodyObject = {
  ...jsonBody(
    {
      type: 'object',
      properties: {
        expires_old_in: {
          type: 'integer',
          minimum: 0,
          default: 0,
          description: 'Seconds for which the secret before is accepted too.',
        },
      },
    },
    { example: { summary: 'both for an hour', value: { expires_old_in: 3_600 } } },
  ),
  required: false,
};

export const clientsOperation: Operation = {
  ...adminOperation,
  operationId: 'listClients',
  summary: 'The clients, in the order of their ids',
  parameters: pageParameters,
  responses: { 200: pageAnswers('A page', client, example), ...adminRefusals('field_invalid') },
};

export const addClientOperation: Operation = {
  ...adminOperation,
  operationId: 'addClient',
  summary: 'Register a client',
  description: 'One that authenticates by a secret gets it in this answer, and nowhere else.',
  requestBody: recordBody(clientFields, 'a web application', sent, idField),
  responses: {
    201: answers('It is registered', withSecret, secretExample),
    ...adminRefusals('body_invalid', 'field_invalid', 'already_exists'),
  },
};

export const clientOperation: Operation = {
  ...adminOperation,
  operationId: 'client',
  summary: 'A client',
  parameters,
  responses: { 200: answers('The client', client, example), ...adminRefusals('record_unknown') },
};

export const changeClientOperation: Operation = {
  ...adminOperation,
  operationId: 'changeClient',
  summary: 'Change fields of a client (RFC 7396): all of them or none',
  parameters,
  requestBody: recordBody(clientFields, 'another name, and no logo', { client_name: 'Notes 2', logo_uri: null }),
  responses: {
    200: answers('The client as it is now', client, { ...example, client_name: 'Notes 2' }),
    ...adminRefusals('body_invalid', 'field_invalid', 'record_unknown'),
  },
};

export const removeClientOperation: Operation = {
  ...adminOperation,
  operationId: 'removeClient',
  summary: 'Remove a client, and end what it was granted',
  parameters,
  responses: { 204: { description: 'It is gone' }, ...adminRefusals('record_unknown') },
};

export const addClientSecretOperation: Operation = {
  ...adminOperation,
  operationId: 'addClientSecret',
  summary: 'Make another secret for a client',
  parameters,
  requestBody: secretBody,
  responses: {
    201: answers('The client, with the secret', withSecret, secretExample),
    ...adminRefusals('body_invalid', 'field_invalid', 'record_unknown', 'client_without_secret'),
  },
};

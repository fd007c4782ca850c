import * as z from 'zod';
import { clientFields } from '../../domain/clients/client-metadata';
import { recordAnswer, recordBody } from '../../platform/fields/fields';
import type { Description } from '../../platform/http/description';
import { adminRefusals, managedField, recordOperations, secretAnswer, secretOperation } from './admin.openapi';

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
  managed: false,
};
const answer = recordAnswer(clientFields, { client_id: z.string(), managed: managedField });
const idField = { client_id: z.string().optional().describe('Random by default; never changes.') };
const renamed = { client_name: 'Notes 2' };
const path = { client_id: 'notes' };

export const clientOperations = recordOperations({
  name: 'client',
  one: 'a client',
  path,
  answer,
  example,
  list: { summary: 'The clients, in the order of their ids' },
  add: {
    summary: 'Register a client',
    description: 'One that authenticates by a secret gets it in this answer, and nowhere else.',
    body: {
      schema: recordBody(clientFields, idField),
      examples: { example: { summary: 'a web application', value: sent } },
    },
    answers: { 201: secretAnswer('It is registered', answer, example) },
  },
  change: {
    body: {
      schema: recordBody(clientFields),
      examples: { example: { summary: 'another name, and no logo', value: { ...renamed, logo_uri: null } } },
    },
    changed: renamed,
  },
  remove: { summary: 'Remove a client, and end what it was granted' },
});

export const addClientSecretOperation: Description = {
  ...secretOperation,
  operationId: 'addClientSecret',
  summary: 'Make another secret for a client',
  path,
  answers: { 201: secretAnswer('The client, with the secret', answer, example) },
  refusals: [...secretOperation.refusals, ...adminRefusals('client_without_secret')],
};

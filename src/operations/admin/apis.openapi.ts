import * as z from 'zod';
import { recordAnswer, recordBody } from '../../platform/fields/fields';
import type { Description } from '../../platform/http/description';
import { adminRefusals, managedField, recordOperations, secretAnswer, secretOperation } from './admin.openapi';
import { apiFields } from './api-fields';

const sent = {
  identifier: 'https://notes.example/',
  name: 'Notes',
  scopes: [{ name: 'read', description: 'Read your notes' }],
};
const example = { id: 'q7hYqz0cV3m1o5xTn2bJ4w', ...sent, allow_registered_clients: false, managed: false };
const answer = recordAnswer(apiFields, { id: z.string(), managed: managedField });
const { identifier: _identifier, ...changeable } = apiFields;
const changed = { access_token_lifetime: 300 };
const path = { id: example.id };

export const apiOperations = recordOperations({
  name: 'api',
  one: 'an API',
  path,
  answer,
  example,
  list: { summary: 'The APIs, in the order of their ids' },
  add: {
    summary: 'Register an API, for which access tokens can be asked (RFC 8707)',
    body: { schema: recordBody(apiFields), examples: { example: { summary: 'an API with one scope', value: sent } } },
  },
  change: {
    body: {
      schema: recordBody(changeable),
      examples: { example: { summary: 'tokens of five minutes', value: changed } },
    },
    changed,
  },
  remove: {
    summary: 'Remove an API, unless a client names it as its default',
    refusals: adminRefusals('record_unknown', 'api_in_use'),
  },
});

const withClientId = answer.extend({ client_id: z.string().describe('The id, with which it introspects.') });

export const addApiSecretOperation: Description = {
  ...secretOperation,
  operationId: 'addApiSecret',
  summary: 'Make the client_id and another client_secret with which an API introspects',
  path,
  answers: { 201: secretAnswer('The API, with the secret', withClientId, { ...example, client_id: example.id }) },
};

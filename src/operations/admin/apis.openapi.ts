import type { Operation } from '../../platform/http/openapi';
import { adminOperation, adminRefusals, pageAnswers, pageParameters } from './admin.openapi';
import { answers, idParameter } from '../../platform/http/body.openapi';
import { recordBody, recordSchema } from '../../platform/fields/fields.openapi';
import { apiFields } from './api-fields';
import { secretBody } from './clients.openapi';

const sent = {
  identifier: 'https://notes.example/',
  name: 'Notes',
  scopes: [{ name: 'read', description: 'Read your notes' }],
};
const example = { id: 'q7hYqz0cV3m1o5xTn2bJ4w', ...sent, allow_registered_clients: false };
const api = recordSchema(apiFields, { id: { type: 'string' } });
const withSecret = recordSchema(apiFields, {
  id: { type: 'string' },
  client_id: { type: 'string', description: 'The id, with which it introspects.' },
  client_secret: { type: 'string', description: 'Shown once: the store keeps its hash.' },
});
const { identifier: _identifier, ...changeable } = apiFields;
const parameters = [idParameter('id', example.id)];

export const apisOperation: Operation = {
  ...adminOperation,
  operationId: 'listApis',
  summary: 'The APIs, in the order of their ids',
  parameters: pageParameters,
  responses: { 200: pageAnswers('A page', api, example), ...adminRefusals('field_invalid') },
};

export const addApiOperation: Operation = {
  ...adminOperation,
  operationId: 'addApi',
  summary: 'Register an API, for which access tokens can be asked (RFC 8707)',
  requestBody: recordBody(apiFields, 'an API with one scope', sent),
  responses: {
    201: answers('It is registered', api, example),
    ...adminRefusals('body_invalid', 'field_invalid', 'already_exists'),
  },
};

export const apiOperation: Operation = {
  ...adminOperation,
  operationId: 'api',
  summary: 'An API',
  parameters,
  responses: { 200: answers('The API', api, example), ...adminRefusals('record_unknown') },
};

export const changeApiOperation: Operation = {
  ...adminOperation,
  operationId: 'changeApi',
  summary: 'Change fields of an API (RFC 7396): all of them or none',
  parameters,
  requestBody: recordBody(changeable, 'tokens of five minutes', { access_token_lifetime: 300 }),
  responses: {
    200: answers('The API as it is now', api, { ...example, access_token_lifetime: 300 }),
    ...adminRefusals('body_invalid', 'field_invalid', 'record_unknown'),
  },
};

export const removeApiOperation: Operation = {
  ...adminOperation,
  operationId: 'removeApi',
  summary: 'Remove an API, unless a client names it as its default',
  parameters,
  responses: { 204: { description: 'It is gone' }, ...adminRefusals('record_unknown', 'api_in_use') },
};

export const addApiSecretOperation: Operation = {
  ...adminOperation,
  operationId: 'addApiSecret',
  summary: 'Make the client_id and another client_secret with which an API introspects',
  parameters,
  requestBody: secretBody,
  responses: {
    201: answers('The API, with the secret', withSecret, {
      ...example,
      client_id: example.id,
      client_secret: '2vS0pYcQ1kT7mXw4bZr8nHd3fJg6LaEo9iUtRq5yWxM',
    }),
    ...adminRefusals('body_invalid', 'field_invalid', 'record_unknown'),
  },
};

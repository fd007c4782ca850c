import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { errorResponses, httpRefusals } from '../../platform/http/refusals.openapi';
import { inspectedCollections } from '../metrics/inspected-collections';

const collection: SchemaObject = {
  type: 'object',
  required: ['count', 'records'],
  properties: {
    count: { type: 'integer', minimum: 0 },
    records: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id'],
        properties: { id: { type: 'string' }, secondsToLive: { type: 'integer' } },
      },
    },
  },
};

const schema: SchemaObject = {
  type: 'object',
  required: ['store', ...inspectedCollections],
  properties: {
    store: { type: 'string', enum: ['lmdb', 'mongodb'] },
    ...Object.fromEntries(inspectedCollections.map((name) => [name, collection])),
  },
};

const code = {
  id: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  kind: 'authorization_code',
  codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  secondsToLive: 58,
};
const example = {
  store: 'lmdb',
  ...Object.fromEntries(inspectedCollections.map((name) => [name, { count: 0, records: [] }])),
  challenges: { count: 1, records: [code] },
};

export const stateOperation: Operation = {
  tags: ['Operations'],
  operationId: 'state',
  summary: 'What the store holds now',
  description: 'In development only. Credentials are shown as the hashes that the store has of them.',
  responses: {
    200: { description: 'The newest records', content: { 'application/json': { schema, example } } },
    ...errorResponses(httpRefusals('store_unavailable')),
  },
};

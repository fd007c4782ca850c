import { jsonBody } from '../../platform/http/body.openapi';
import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { adminOperation, adminRefusals, pageAnswers } from './admin.openapi';

const key: SchemaObject = {
  type: 'object',
  required: ['kid', 'alg', 'state', 'not_before', 'public_key'],
  properties: {
    kid: { type: 'string' },
    alg: { type: 'string', enum: ['RS256', 'ES256', 'EdDSA'] },
    state: {
      type: 'string',
      enum: ['upcoming', 'signing', 'former', 'retired'],
      description: 'former: published until what it signed has expired.',
    },
    not_before: { type: 'integer', description: 'When it takes over. Seconds since the epoch.' },
    public_key: { type: 'object', description: 'As in the JWKS (RFC 7517 §4).' },
  },
};
const kid = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';
const example = {
  kid,
  alg: 'ES256',
  state: 'signing',
  not_before: 1_767_225_600,
  public_key: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    kid,
    alg: 'ES256',
    use: 'sig',
  },
};

export const keysOperation: Operation = {
  ...adminOperation,
  operationId: 'listKeys',
  summary: 'The signing keys: public parts and states',
  responses: { 200: pageAnswers('All keys', key, example), ...adminRefusals() },
};

export const rotateKeysOperation: Operation = {
  ...adminOperation,
  operationId: 'rotateKeys',
  summary: 'Add a signing key of each algorithm',
  description:
    'It signs when every cache of the JWKS has seen it; `immediately`, after a leak: at once, and all others go.',
  requestBody: {
    ...jsonBody(
      { type: 'object', properties: { immediately: { type: 'boolean', default: false } } },
      { example: { summary: 'after a leak', value: { immediately: true } } },
    ),
    required: false,
  },
  responses: {
    200: pageAnswers('All keys', key, example),
    ...adminRefusals('body_invalid', 'field_invalid'),
  },
};

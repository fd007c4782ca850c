import { signingAlgorithms } from '../../platform/config';
import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { errorResponses, httpRefusals } from '../../platform/http/refusals.openapi';

const key: SchemaObject = {
  type: 'object',
  required: ['kty', 'kid', 'alg', 'use'],
  properties: {
    kty: { type: 'string', enum: ['RSA', 'EC', 'OKP'] },
    kid: { type: 'string', description: 'RFC 7638 thumbprint.' },
    alg: { type: 'string', enum: [...signingAlgorithms] },
    use: { type: 'string', enum: ['sig'] },
    n: { type: 'string' },
    e: { type: 'string' },
    crv: { type: 'string' },
    x: { type: 'string' },
    y: { type: 'string' },
  },
  // The private members d, p, q, … must never be here.
  additionalProperties: false,
};

const example = {
  keys: [
    {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      kid: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
      alg: 'ES256',
      use: 'sig',
    },
  ],
};

const schema: SchemaObject = {
  type: 'object',
  required: ['keys'],
  properties: { keys: { type: 'array', items: key } },
};

export const jwksOperation: Operation = {
  tags: ['Discovery'],
  operationId: 'jwks',
  summary: 'The public keys that verify the tokens (RFC 7517)',
  responses: {
    200: { description: 'A JWK set', content: { 'application/json': { schema, example } } },
    ...errorResponses(httpRefusals('store_unavailable')),
  },
};

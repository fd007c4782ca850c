import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { formBody } from '../../platform/http/body.openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { tokenResponseExample } from '../../domain/tokens/token-response.openapi';
import { oauthErrors } from './oauth-error';

const form: SchemaObject = {
  type: 'object',
  required: ['token'],
  properties: {
    token: { type: 'string', description: 'An access token, or a refresh token of the client that asks.' },
    token_type_hint: { type: 'string', description: 'Not needed: the token says what it is.' },
    client_id: { type: 'string', description: 'With client_secret_post; of an API its id.' },
    client_secret: { type: 'string', description: 'With client_secret_post.' },
    client_assertion: { type: 'string', description: 'With private_key_jwt (RFC 7523), of clients.' },
    client_assertion_type: {
      type: 'string',
      enum: ['urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
      description: 'With private_key_jwt.',
    },
  },
};

const schema: SchemaObject = {
  type: 'object',
  required: ['active'],
  properties: {
    active: {
      type: 'boolean',
      description: 'False: it cannot be used, or is not yours to know; nothing else is told.',
    },
    iss: { type: 'string', format: 'uri' },
    sub: { type: 'string', description: 'A user id, or the CAIP-10 id of an account.' },
    client_id: { type: 'string' },
    scope: { type: 'string' },
    iat: { type: 'integer', description: 'Seconds since the epoch.' },
    exp: { type: 'integer', description: 'Seconds since the epoch.' },
    token_type: { type: 'string', enum: ['Bearer', 'DPoP'], description: 'Of an access token, as are the next two.' },
    aud: {
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    },
    jti: { type: 'string' },
    cnf: {
      type: 'object',
      properties: { jkt: { type: 'string', description: 'The RFC 7638 thumbprint of the key that it is bound to.' } },
    },
  },
  additionalProperties: false,
};

const active = {
  active: true,
  iss: 'http://localhost:3000',
  sub: 'user0',
  aud: 'https://notes.example',
  client_id: 'demo-spa',
  scope: 'read',
  iat: 1_763_730_000,
  exp: 1_763_730_900,
  jti: 'pS5H1bY0bVOUYcHWvWPjsw',
  token_type: 'Bearer',
};

export const introspectOperation: Operation = {
  tags: ['PKCE model', 'Wallet model'],
  operationId: 'introspect',
  summary: 'Tell what a token is, and whether it can be used (RFC 7662)',
  description:
    'For confidential clients, about tokens of their own, and for registered APIs with a secret, about access tokens that are for them.',
  requestBody: formBody(form, {
    access_token: { summary: 'an access token', value: { token: tokenResponseExample.access_token } },
  }),
  responses: {
    200: {
      description: 'What it is',
      content: {
        'application/json': {
          schema,
          examples: {
            active: { summary: 'an access token that can be used', value: active },
            inactive: { summary: 'anything else', value: { active: false } },
          },
        },
      },
    },
    ...errorResponses(
      refusals(
        oauthErrors,
        'parameter_repeated',
        'client_authentication_repeated',
        'client_authentication_failed',
        'token_required',
      ),
      httpRefusals('body_too_large', 'media_type_unsupported', 'rate_limited', 'store_unavailable'),
    ),
  },
};

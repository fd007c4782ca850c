import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { formBody } from '../../platform/http/body.openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { tokenResponseExample } from '../../domain/tokens/token-response.openapi';
import { oauthErrors } from './oauth-error';

const form: SchemaObject = {
  type: 'object',
  required: ['token'],
  properties: {
    token: {
      type: 'string',
      description: 'A refresh token, which takes its whole grant, or an access token, which goes alone.',
    },
    token_type_hint: { type: 'string', description: 'Not needed: the token says what it is.' },
    client_id: { type: 'string', description: 'Of a public client, and with client_secret_post.' },
    client_secret: { type: 'string', description: 'With client_secret_post.' },
    client_assertion: { type: 'string', description: 'With private_key_jwt (RFC 7523).' },
    client_assertion_type: {
      type: 'string',
      enum: ['urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
      description: 'With private_key_jwt.',
    },
  },
};

const value = { client_id: 'demo-spa', token: tokenResponseExample.refresh_token };

export const revokeOperation: Operation = {
  tags: ['PKCE model', 'Wallet model'],
  operationId: 'revoke',
  summary: 'Revoke a refresh token with its grant, or an access token (RFC 7009)',
  description: 'The answer is the same for a token that is unknown, has expired, or is another client’s.',
  requestBody: formBody(form, { refresh_token: { summary: 'a refresh token', value } }),
  responses: {
    200: { description: 'The token is worth nothing now, if it was this client’s' },
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

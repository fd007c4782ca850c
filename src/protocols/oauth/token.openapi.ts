import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { grantTypes } from '../../domain/clients/client';
import { formBody } from '../../platform/http/body.openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { dpopParameter, dpopRefusals } from '../../domain/tokens/dpop.openapi';
import { tokenErrors } from '../../domain/tokens/token-error';
import { tokenResponseExample, tokenResponseSchema } from '../../domain/tokens/token-response.openapi';
import { fapi2Errors, oauthErrors } from './oauth-error';

const text = (description: string): SchemaObject => ({ type: 'string', description });

const form: SchemaObject = {
  type: 'object',
  required: ['grant_type'],
  properties: {
    grant_type: { type: 'string', enum: [...grantTypes] },
    client_id: text('Of a public client, and with client_secret_post.'),
    client_secret: text('With client_secret_post.'),
    client_assertion: text('With private_key_jwt (RFC 7523).'),
    client_assertion_type: {
      type: 'string',
      enum: ['urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
      description: 'With private_key_jwt.',
    },
    code: text('The authorization code.'),
    redirect_uri: text('The one of the authorization request.'),
    code_verifier: {
      type: 'string',
      pattern: '^[A-Za-z0-9._~-]{43,128}$',
      description: 'What the code_challenge is the hash of (RFC 7636 §4.1).',
    },
    refresh_token: text('With grant_type refresh_token.'),
    scope: text(
      'With grant_type refresh_token: a part of what was granted; what is beyond it is dropped. With client_credentials: what is asked for.',
    ),
    resource: text(
      'For which the access token is to be: one of those that were authorized, or with client_credentials an API (RFC 8707).',
    ),
  },
};

const examples = {
  authorization_code: {
    summary: 'a code and its verifier, of a public client',
    value: {
      grant_type: 'authorization_code',
      client_id: 'demo-spa',
      redirect_uri: 'http://127.0.0.1/callback',
      code: 'SplxlOBeZQQYbYS6WxSbIA',
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    },
  },
  refresh_token: {
    summary: 'a refresh token',
    value: {
      grant_type: 'refresh_token',
      client_id: 'demo-spa',
      refresh_token: tokenResponseExample.refresh_token,
    },
  },
  client_credentials: {
    summary: 'a client in its own name, authenticated by its secret in the header',
    value: { grant_type: 'client_credentials', resource: 'https://notes.example/v1', scope: 'notes:read' },
  },
};

/** Of a client of the FAPI 2.0 Security Profile, beside the same reason of others. */
const ofFapi2 = refusals(fapi2Errors, 'code_verifier_required').map((refusal) => ({
  ...refusal,
  name: `${refusal.name} (FAPI 2.0)`,
}));

export const tokenOperation: Operation = {
  tags: ['PKCE model', 'Wallet model'],
  operationId: 'token',
  summary: 'Redeem a code with its verifier, rotate a refresh token, or give a client a token of its own',
  description:
    'A wrong or missing verifier leaves the code to its owner. The refresh tokens of both models rotate here.',
  parameters: [dpopParameter],
  requestBody: formBody(form, examples),
  responses: {
    200: {
      description: 'The tokens',
      content: { 'application/json': { schema: tokenResponseSchema, example: tokenResponseExample } },
    },
    ...errorResponses(
      refusals(
        oauthErrors,
        'parameter_repeated',
        'grant_type_required',
        'grant_type_unsupported',
        'client_authentication_repeated',
        'client_authentication_failed',
        'resource_repeated',
        'code_required',
        'code_unknown',
        'code_used',
        'code_expired',
        'redirect_uri_mismatch',
        'code_verifier_required',
        'code_verifier_malformed',
        'code_verifier_mismatch',
        'resource_unknown',
        'refresh_token_required',
        'scope_exceeds_grant',
        'grant_type_unregistered',
        'resource_required',
        'scope_unknown',
      ),
      ofFapi2,
      refusals(
        tokenErrors,
        'refresh_token_unknown',
        'refresh_token_expired',
        'refresh_token_revoked',
        'refresh_token_reused',
        'resource_unregistered',
      ),
      dpopRefusals,
      httpRefusals('body_too_large', 'media_type_unsupported', 'rate_limited', 'store_unavailable'),
    ),
  },
};

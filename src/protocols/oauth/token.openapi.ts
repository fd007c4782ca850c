import * as z from 'zod';
import { grantTypes } from '../../domain/clients/client';
import { codeVerifierPattern } from '../../domain/credentials/pkce';
import { dpopHeader, dpopRefusals } from '../../domain/tokens/dpop.openapi';
import { tokenErrors } from '../../domain/tokens/token-error';
import { tokenResponse, tokenResponseExample } from '../../domain/tokens/token-response.openapi';
import { allRefusals, type Description, jsonAnswer, refusals, optionalText } from '../../platform/http/description';
import { clientAuthenticationFields, clientAuthenticationRefusals } from './client-authentication.openapi';
import { fapi2Errors, oauthErrors } from './oauth-error';

const form = z.object({
  grant_type: z.enum(grantTypes),
  ...clientAuthenticationFields,
  code: optionalText('The authorization code.'),
  redirect_uri: optionalText('The one of the authorization request.'),
  code_verifier: z
    .string()
    .regex(codeVerifierPattern)
    .optional()
    .describe('What the code_challenge is the hash of (RFC 7636 §4.1).'),
  refresh_token: optionalText('With grant_type refresh_token.'),
  scope: optionalText(
    'With grant_type refresh_token: a part of what was granted; what is beyond it is dropped. With client_credentials: what is asked for.',
  ),
  resource: optionalText(
    'For which the access token is to be: one of those that were authorized, or with client_credentials an API (RFC 8707).',
  ),
});

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

/** Renamed, because other clients have the same reason with another sentence. */
const ofFapi2 = allRefusals(fapi2Errors).map((refusal) => ({ ...refusal, name: `${refusal.name} (FAPI 2.0)` }));

export const tokenOperation: Description = {
  tags: ['PKCE model', 'Wallet model'],
  operationId: 'token',
  summary: 'Redeem a code with its verifier, rotate a refresh token, or give a client a token of its own',
  description:
    'A wrong or missing verifier leaves the code to its owner. The refresh tokens of both models rotate here.',
  headers: dpopHeader,
  body: { schema: form, examples },
  answers: { 200: jsonAnswer('The tokens', tokenResponse, tokenResponseExample) },
  refusals: [
    ...clientAuthenticationRefusals,
    ...refusals(
      oauthErrors,
      'grant_type_required',
      'grant_type_unsupported',
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
    ...ofFapi2,
    ...refusals(
      tokenErrors,
      'refresh_token_unknown',
      'refresh_token_expired',
      'refresh_token_revoked',
      'refresh_token_reused',
      'resource_unregistered',
    ),
    ...dpopRefusals,
  ],
};

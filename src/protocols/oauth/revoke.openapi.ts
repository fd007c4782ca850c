import * as z from 'zod';
import { tokenResponseExample } from '../../domain/tokens/token-response.openapi';
import { type Description, refusals, optionalText } from '../../platform/http/description';
import { clientAuthenticationFields, clientAuthenticationRefusals } from './client-authentication.openapi';
import { oauthErrors } from './oauth-error';

const form = z.object({
  token: z.string().describe('A refresh token, which takes its whole grant, or an access token, which goes alone.'),
  token_type_hint: optionalText('Not needed: the token says what it is.'),
  ...clientAuthenticationFields,
});

const value = { client_id: 'demo-spa', token: tokenResponseExample.refresh_token };

export const revokeOperation: Description = {
  tags: ['PKCE model', 'Wallet model'],
  operationId: 'revoke',
  summary: 'Revoke a refresh token with its grant, or an access token (RFC 7009)',
  description: 'The answer is the same for a token that is unknown, has expired, or is another client’s.',
  body: { schema: form, examples: { refresh_token: { summary: 'a refresh token', value } } },
  answers: { 200: { description: 'The token is worth nothing now, if it was this client’s' } },
  refusals: [...clientAuthenticationRefusals, ...refusals(oauthErrors, 'token_required')],
};

import * as z from 'zod';
import { tokenResponse, tokenResponseExample } from '../../domain/tokens/token-response.openapi';
import { type Description, refusals, optionalText } from '../../platform/http/description';
import { clientAuthenticationFields, clientAuthenticationRefusals } from './client-authentication.openapi';
import { oauthErrors } from './oauth-error';

const form = z.object({
  token: z.string().describe('An access token, or a refresh token of the client that asks.'),
  token_type_hint: optionalText('Not needed: the token says what it is.'),
  ...clientAuthenticationFields,
  client_id: optionalText('With client_secret_post; of an API its id.'),
  client_assertion: optionalText('With private_key_jwt (RFC 7523), of clients.'),
});

/** The response for an active token. Source: RFC 7662 §2.2, RFC 9449 §6.2. */
const activeToken = z.object({
  active: z.literal(true),
  iss: z.url(),
  sub: z.string().describe('A user id, or the CAIP-10 id of an account.'),
  client_id: z.string(),
  scope: z.string(),
  iat: z.int().describe('Seconds since the epoch.'),
  exp: z.int().describe('Seconds since the epoch.'),
  token_type: tokenResponse.shape.token_type.optional().describe('Of an access token, as are the rest but cnf.'),
  aud: z.union([z.string(), z.array(z.string()).readonly()]).optional(),
  jti: z.string().optional(),
  auth_time: z.int().optional().describe('Of a login, as are the next two: when it was (RFC 9470 §6.2).'),
  amr: z.array(z.string()).readonly().optional().describe('How the end-user authenticated (RFC 8176).'),
  acr: z.string().optional().describe('phr after a login by passkey.'),
  cnf: z
    .object({ jkt: z.string().describe('The RFC 7638 thumbprint of the key that it is bound to.') })
    .readonly()
    .optional(),
});
const answer = z.union([
  activeToken,
  z.object({
    active: z.literal(false).describe('It cannot be used, or is not yours to know; nothing else is told.'),
  }),
]);

export type ActiveToken = Readonly<z.infer<typeof activeToken>>;
export type IntrospectionAnswer = Readonly<z.infer<typeof answer>>;

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
const answered = {
  active: { summary: 'an access token that can be used', value: active },
  inactive: { summary: 'anything else', value: { active: false } },
};
const value = { token: tokenResponseExample.access_token };

export const introspectOperation: Description = {
  tags: ['PKCE model', 'Wallet model'],
  operationId: 'introspect',
  summary: 'Tell what a token is, and whether it can be used (RFC 7662)',
  description:
    'For confidential clients, about tokens of their own, and for registered APIs with a secret, about access tokens that are for them.',
  body: { schema: form, examples: { access_token: { summary: 'an access token', value } } },
  answers: {
    200: { description: 'What it is', content: { 'application/json': { schema: answer, examples: answered } } },
  },
  refusals: [...clientAuthenticationRefusals, ...refusals(oauthErrors, 'token_required')],
};

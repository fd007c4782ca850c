import * as z from 'zod';
import { scopes } from '../../domain/clients/scope';
import { codeChallengePattern } from '../../domain/credentials/pkce';
import {
  allRefusals,
  type Description,
  htmlAnswer,
  redirectAnswer,
  refusals,
  optionalText,
} from '../../platform/http/description';
import { loginErrors } from '../login/login-error';
import { clientDocumentErrors } from '../registration/client-document-error';
import { authorizationErrors, beforeLoginErrors } from './authorization-error';
import { longestNonce, promptsOf } from './authorization-request';
import { oauthErrors } from './oauth-error';

/** The parameters of a request, pushed or not. Source: RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1. */
export const authorizationRequest = z.object({
  response_type: z.literal('code').describe('Always code.'),
  client_id: z.string().describe('A registered client.'),
  redirect_uri: z
    .string()
    .describe(
      'A registered redirect URI of the client, as an exact string; on 127.0.0.1 and [::1], and on localhost of a public client, with any port.',
    ),
  state: optionalText('Comes back with the answer; required of clients with require_state, as the demo clients are.'),
  code_challenge: z.string().regex(codeChallengePattern).describe('BASE64URL(SHA-256(code_verifier)).'),
  code_challenge_method: z.literal('S256').describe('Always S256.'),
  scope: optionalText(
    `Of ${scopes.join(', ')} and those of APIs, separated by spaces; what the client may not have is dropped.`,
  ),
  nonce: z.string().max(longestNonce).optional().describe('Comes back in the ID token.'),
  prompt: optionalText(`Of ${promptsOf({ signUp: true }).join(', ')} (with SIGN_UP=open), separated by spaces.`),
  max_age: z
    .string()
    .regex(/^[0-9]{1,9}$/)
    .optional()
    .describe('Seconds since the login, at most.'),
  acr_values: optionalText('With phr among them: a login by passkey. Others are ignored.'),
  dpop_jkt: z
    .string()
    .regex(codeChallengePattern)
    .optional()
    .describe('The RFC 7638 thumbprint of the key that the code is for (RFC 9449 §10).'),
  login_hint: optionalText('The username that the login page begins with.'),
  response_mode: z.literal('query').optional().describe('Always query.'),
  resource: optionalText(
    'An API that tokens are to be for, by its identifier, or the issuer; may be sent more than once (RFC 8707).',
  ),
});

/** At `/authorize`, a request may also refer to a pushed one. */
const browserRequest = authorizationRequest.partial().extend({
  client_id: authorizationRequest.shape.client_id,
  request_uri: optionalText(
    'From `/par`; then nothing but client_id counts beside it, and nothing else is required (RFC 9126 §4).',
  ),
});

export const requestExample = {
  response_type: 'code',
  client_id: 'demo-spa',
  redirect_uri: 'http://127.0.0.1/callback',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
  state: 'af0ifjsldkj',
};

/** For clients with a metadata document. */
export const documentRefusals = refusals(
  clientDocumentErrors,
  'client_document_unreachable',
  'client_document_invalid',
);

/** Errors of a request, pushed or not, that are never sent by redirect. */
export const requestRefusals = refusals(
  oauthErrors,
  'parameter_repeated',
  'redirect_uri_unregistered',
  'state_required',
  'code_challenge_required',
  'code_challenge_method_unsupported',
  'code_challenge_malformed',
);

const refusedHere = [
  ...requestRefusals,
  ...refusals(oauthErrors, 'client_unknown', 'request_uri_unknown', 'request_uri_expired'),
  // For self-registered clients, in a browser without a session.
  ...allRefusals(beforeLoginErrors),
];

/** An example of the Location header for each outcome of a request. Source: RFC 6749 §4.1.2, RFC 9207 §2. */
const locations = {
  code: { summary: 'a code', value: to({ code: 'SplxlOBeZQQYbYS6WxSbIA' }) },
  login: { summary: 'no session', value: '/login?response_type=code&client_id=demo-spa' },
  ...Object.fromEntries(
    Object.entries(authorizationErrors).map(([reason, { error, description }]) => [
      reason,
      { summary: `${error}: ${description}`, value: to({ error, error_description: description }) },
    ]),
  ),
};

function to(answer: Readonly<Record<string, string>>): string {
  return `http://127.0.0.1/callback?${new URLSearchParams({ ...answer, iss: 'http://localhost:3000', state: 'af0ifjsldkj' })}`;
}

const redirect = redirectAnswer(
  'On to the client with `code` or an `error`, with `state` and `iss`; without a session on to the login page',
  locations,
);

export const authorizeByQueryOperation: Description = {
  tags: ['PKCE model'],
  operationId: 'authorize',
  summary: 'Begin a PKCE login in the browser',
  description:
    'A request without `state` or an S256 `code_challenge` is refused here and not by redirect: that client is broken.',
  query: browserRequest,
  answers: { 303: redirect, 200: htmlAnswer('The consent page, for a third-party client without a grant') },
  refusals: [...refusedHere, ...documentRefusals],
};

const { query: _query, description: _description, ...authorize } = authorizeByQueryOperation;
export const authorizeByFormOperation: Description = {
  ...authorize,
  operationId: 'authorizeByForm',
  summary: 'Begin a PKCE login, with the parameters in a form',
  body: { schema: browserRequest, examples: { request: { summary: 'a public client', value: requestExample } } },
};

const consentForm = z.object({
  csrf: z.string().describe('From the page.'),
  request: z.string().describe('From the page: the query of the authorization request.'),
  asked: optionalText('From the page: whom it asked.'),
  decision: z
    .enum(['allow', 'deny', 'unmet'])
    .describe('unmet: of the login page for passkeys alone, which needs no session and no asked.'),
});
const consentExample = {
  csrf: 'from the page',
  request: new URLSearchParams(requestExample).toString(),
  asked: 'from the page',
  decision: 'allow',
};

export const consentOperation: Description = {
  tags: ['Pages'],
  operationId: 'consent',
  summary: 'The answer of the consent page, or of the login page for passkeys alone',
  body: { schema: consentForm, examples: { allow: { summary: 'allow', value: consentExample } } },
  answers: { 303: redirect },
  refusals: [
    ...refusals(loginErrors, 'csrf_invalid'),
    ...refusedHere.filter(({ reason }) => reason !== 'login_required'),
    ...refusals(oauthErrors, 'decision_required'),
  ],
};

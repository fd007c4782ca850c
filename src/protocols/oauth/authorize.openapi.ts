import { loginErrors } from '../login/login-error';
import { scopes } from '../../domain/clients/scope';
import type { Operation, Responses, SchemaObject } from '../../platform/http/openapi';
import { formBody } from '../../platform/http/body.openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { authorizationErrors, nobodyKnownErrors } from './authorization-error';
import { prompts } from './authorization-request';
import { clientDocumentErrors } from '../registration/client-document-error';
import { oauthErrors } from './oauth-error';

interface Parameter extends SchemaObject {
  readonly description: string;
}

/** Source: RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1. */
const parameters: Readonly<Record<string, Parameter>> = {
  response_type: { type: 'string', enum: ['code'], description: 'Always code.' },
  client_id: { type: 'string', description: 'A registered client.', example: 'demo-spa' },
  redirect_uri: {
    type: 'string',
    description:
      'A registered redirect URI of the client, as an exact string; on 127.0.0.1 and [::1], and on localhost of a public client, with any port.',
    example: 'http://127.0.0.1/callback',
  },
  state: {
    type: 'string',
    description: 'Comes back with the answer; required of clients with require_state, as the demo clients are.',
    example: 'af0ifjsldkj',
  },
  code_challenge: {
    type: 'string',
    pattern: '^[A-Za-z0-9_-]{43}$',
    description: 'BASE64URL(SHA-256(code_verifier)).',
    example: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  },
  code_challenge_method: { type: 'string', enum: ['S256'], description: 'Always S256.' },
  scope: {
    type: 'string',
    description: `Of ${scopes.join(', ')} and those of APIs, separated by spaces; what the client may not have is dropped.`,
    example: 'openid',
  },
  nonce: { type: 'string', maxLength: 512, description: 'Comes back in the ID token.' },
  prompt: { type: 'string', description: `Of ${[...prompts].join(', ')}, separated by spaces.` },
  max_age: { type: 'string', pattern: '^[0-9]{1,9}$', description: 'Seconds since the login, at most.' },
  dpop_jkt: {
    type: 'string',
    pattern: '^[A-Za-z0-9_-]{43}$',
    description: 'The RFC 7638 thumbprint of the key that the code is for (RFC 9449 §10).',
  },
  login_hint: { type: 'string', description: 'The username that the login page begins with.' },
  response_mode: { type: 'string', enum: ['query'], description: 'Always query.' },
  request_uri: {
    type: 'string',
    description:
      'From `/par`; then nothing but client_id counts beside it, and nothing else is required (RFC 9126 §4).',
  },
  resource: {
    type: 'string',
    description:
      'An API that tokens are to be for, by its identifier, or the issuer; may be sent more than once (RFC 8707).',
  },
};
const required = ['response_type', 'client_id', 'redirect_uri', 'code_challenge', 'code_challenge_method'];
const sentByMost = [...required, 'state'];

const form: SchemaObject = { type: 'object', required: ['client_id'], properties: { ...parameters } };

const { request_uri: _requestUri, ...pushedParameters } = parameters;
/** What a request says that is pushed, and thus refers to none. */
export const requestForm: SchemaObject = { type: 'object', required, properties: pushedParameters };

export const requestExample = Object.fromEntries(
  sentByMost.map((name) => [name, parameters[name]?.['example'] ?? parameters[name]?.enum?.[0]]),
);

/** Of clients that have one. */
const refusedDocuments = refusals(clientDocumentErrors, 'client_document_unreachable', 'client_document_invalid');

const refusedHere = refusals(
  oauthErrors,
  'parameter_repeated',
  'client_unknown',
  'redirect_uri_unregistered',
  'state_required',
  'code_challenge_required',
  'code_challenge_method_unsupported',
  'code_challenge_malformed',
  'request_uri_unknown',
  'request_uri_expired',
);

/** Of clients that registered themselves, in a browser without a session. */
const refusedUnknown = Object.entries(nobodyKnownErrors).map(([reason, each]) => ({ ...each, name: reason, reason }));

/** One example of the Location header for each way in which a request can end. Source: RFC 6749 §4.1.2, RFC 9207 §2. */
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

const redirect = {
  303: {
    description:
      'On to the client with `code` or an `error`, with `state` and `iss`; without a session on to the login page',
    headers: { Location: { schema: { type: 'string' }, examples: locations } },
  },
} satisfies Responses;
const consentPage = {
  200: {
    description: 'The consent page, for a third-party client without a grant',
    content: { 'text/html': { schema: { type: 'string' } } },
  },
} satisfies Responses;

export const authorizeByQueryOperation: Operation = {
  tags: ['PKCE model'],
  operationId: 'authorize',
  summary: 'Begin a PKCE login in the browser',
  description:
    'A request without `state` or an S256 `code_challenge` is refused here and not by redirect: that client is broken.',
  parameters: Object.entries(parameters).map(([name, { description, example: _value, ...schema }]) => ({
    name,
    in: 'query',
    required: name === 'client_id',
    description,
    schema,
  })),
  responses: {
    ...redirect,
    ...consentPage,
    ...errorResponses(refusedHere, refusedUnknown, refusedDocuments, httpRefusals('rate_limited', 'store_unavailable')),
  },
};

export const authorizeByFormOperation: Operation = {
  tags: ['PKCE model'],
  operationId: 'authorizeByForm',
  summary: 'Begin a PKCE login, with the parameters in a form',
  requestBody: formBody(form, { request: { summary: 'a public client', value: requestExample } }),
  responses: {
    ...redirect,
    ...consentPage,
    ...errorResponses(
      refusedHere,
      refusedUnknown,
      refusedDocuments,
      httpRefusals('body_too_large', 'media_type_unsupported', 'rate_limited', 'store_unavailable'),
    ),
  },
};

const consentForm: SchemaObject = {
  type: 'object',
  required: ['csrf', 'request', 'asked', 'decision'],
  properties: {
    csrf: { type: 'string', description: 'From the page.' },
    request: { type: 'string', description: 'From the page: the query of the authorization request.' },
    asked: { type: 'string', description: 'From the page: whom it asked.' },
    decision: { type: 'string', enum: ['allow', 'deny'] },
  },
};
const exampleQuery = new URLSearchParams(
  Object.entries(requestExample).map(([name, each]): [string, string] => [name, String(each)]),
);
const consentExample = {
  csrf: 'from the page',
  request: exampleQuery.toString(),
  asked: 'from the page',
  decision: 'allow',
};

export const consentOperation: Operation = {
  tags: ['Pages'],
  operationId: 'consent',
  summary: 'The answer of the consent page',
  requestBody: formBody(consentForm, { allow: { summary: 'allow', value: consentExample } }),
  responses: {
    ...redirect,
    ...errorResponses(
      refusals(loginErrors, 'csrf_invalid'),
      refusedHere,
      refusedUnknown.filter(({ reason }) => reason !== 'login_required'),
      refusals(oauthErrors, 'decision_required'),
      httpRefusals('body_too_large', 'media_type_unsupported', 'store_unavailable'),
    ),
  },
};

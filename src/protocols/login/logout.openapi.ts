import { formBody } from '../../platform/http/body.openapi';
import type { Operation, ParameterObject, ResponseObject, SchemaObject } from '../../platform/http/openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { loginErrors } from './login-error';

const asked = {
  id_token_hint: 'An ID token of the session, also one that has expired: with it there is no page.',
  client_id: 'The client that asks; not needed with id_token_hint.',
  post_logout_redirect_uri: 'Where the browser goes on to; registered with the client.',
  state: 'Comes back with it.',
} as const;

const page = { 'text/html': { schema: { type: 'string' } } };

const done: Record<number, ResponseObject> = {
  200: { description: 'The page with one button, or the one that says that nobody is signed in', content: page },
  303: {
    description: 'Signed out: on to post_logout_redirect_uri, with state',
    headers: { Location: { schema: { type: 'string' } } },
  },
};

const refused = refusals(
  loginErrors,
  'parameter_repeated',
  'id_token_hint_mismatch',
  'client_unknown',
  'post_logout_redirect_uri_unregistered',
);

export const logoutOperation: Operation = {
  tags: ['Pages'],
  operationId: 'logout',
  summary: 'Sign out the browser (OpenID Connect RP-Initiated Logout)',
  parameters: Object.entries(asked).map(([name, description]): ParameterObject => ({
    name,
    in: 'query',
    required: false,
    description,
    schema: { type: 'string' },
  })),
  responses: { ...done, ...errorResponses(refused, httpRefusals('store_unavailable')) },
};

const form: SchemaObject = {
  type: 'object',
  properties: {
    ...Object.fromEntries(Object.entries(asked).map(([name, description]) => [name, { type: 'string', description }])),
    csrf: { type: 'string', description: 'From the page: its button was pressed.' },
    request: { type: 'string', description: 'From the page: the query that it was asked with.' },
  },
};

const value = { csrf: 'from the page', request: 'client_id=demo-spa' };

export const logoutByFormOperation: Operation = {
  tags: ['Pages'],
  operationId: 'logoutByForm',
  summary: 'The button of the page, or the same request in a form',
  description: 'A form without csrf is sent on to GET /logout, where the browser shows its cookies.',
  requestBody: formBody(form, { button: { summary: 'the button', value } }),
  responses: {
    ...done,
    ...errorResponses(
      refused,
      refusals(loginErrors, 'csrf_invalid'),
      httpRefusals('body_too_large', 'media_type_unsupported', 'store_unavailable'),
    ),
  },
};

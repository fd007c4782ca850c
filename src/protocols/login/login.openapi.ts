import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { formBody } from '../../platform/http/body.openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { loginErrors } from './login-error';

const page = { 'text/html': { schema: { type: 'string' } } };

const form: SchemaObject = {
  type: 'object',
  required: ['csrf', 'request', 'username', 'password'],
  properties: {
    csrf: { type: 'string', description: 'From the page.' },
    request: { type: 'string', description: 'From the page: the query of the interrupted authorization request.' },
    username: { type: 'string' },
    password: { type: 'string', format: 'password' },
  },
};

export const loginPageOperation: Operation = {
  tags: ['Pages'],
  operationId: 'loginPage',
  summary: 'The login page: a password form and a wallet button',
  description: 'Its query is that of the authorization request which the login interrupts.',
  responses: {
    200: { description: 'The page', content: page },
    ...errorResponses(refusals(loginErrors, 'request_too_long'), httpRefusals('store_unavailable')),
  },
};

const value = { csrf: 'from the page', request: '', username: 'user0', password: 'password0' };

export const loginOperation: Operation = {
  tags: ['Pages'],
  operationId: 'login',
  summary: 'The password form',
  requestBody: formBody(form, { password: { summary: 'a password', value } }),
  responses: {
    303: {
      description: 'On to the interrupted authorization request, with a session',
      headers: { Location: { schema: { type: 'string' } } },
    },
    401: { description: 'The form again: the username or the password is wrong', content: page },
    ...errorResponses(
      refusals(loginErrors, 'csrf_invalid', 'parameter_repeated', 'request_too_long'),
      httpRefusals('body_too_large', 'media_type_unsupported', 'rate_limited', 'store_unavailable'),
    ),
  },
};

import { formBody } from '../../platform/http/body.openapi';
import type { Operation, ResponseObject, SchemaObject } from '../../platform/http/openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { loginErrors } from './login-error';

const page = { 'text/html': { schema: { type: 'string' } } };
const redirect = (description: string): ResponseObject => ({
  description,
  headers: { Location: { schema: { type: 'string' } } },
});

export const accountOperation: Operation = {
  tags: ['Pages'],
  operationId: 'account',
  summary: 'Who is signed in, in which browsers, and which applications have access',
  responses: {
    200: { description: 'The page', content: page },
    303: redirect('To the login page: the browser has no session'),
    ...errorResponses(httpRefusals('store_unavailable')),
  },
};

const form: SchemaObject = {
  type: 'object',
  required: ['csrf', 'end'],
  properties: {
    csrf: { type: 'string', description: 'From the page.' },
    end: { type: 'string', enum: ['session', 'app', 'everything'] },
    id: { type: 'string', description: 'Of the session, or of the client.' },
  },
};

const value = { csrf: 'from the page', end: 'app', id: 'demo-partner' };

export const accountEndOperation: Operation = {
  tags: ['Pages'],
  operationId: 'accountEnd',
  summary: 'End a session, the access of an application, or everything',
  requestBody: formBody(form, { app: { summary: 'the access of an application', value } }),
  responses: {
    200: {
      description: 'The session of this browser was among it: the page that says that nobody is signed in',
      content: page,
    },
    303: redirect('Back to the page, or to the login page without a session'),
    ...errorResponses(
      refusals(loginErrors, 'csrf_invalid', 'parameter_repeated', 'ending_invalid'),
      httpRefusals('body_too_large', 'media_type_unsupported', 'store_unavailable'),
    ),
  },
};

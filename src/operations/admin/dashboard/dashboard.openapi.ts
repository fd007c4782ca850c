import { formBody } from '../../../platform/http/body.openapi';
import type {
  Operation,
  ParameterObject,
  ResponseObject,
  Responses,
  SchemaObject,
} from '../../../platform/http/openapi';
import { errorResponses, httpRefusals, refusals } from '../../../platform/http/refusals.openapi';
import { loginErrors } from '../../../protocols/login/login-error';
import { type AdminErrorReason, adminErrors } from '../admin-error';
import { adminOperation } from '../admin.openapi';
import { rangeNames } from './figures';
import { viewNames } from './panel';

const page: ResponseObject = {
  description: 'The page',
  content: { 'text/html': { schema: { type: 'string' } } },
};
const back: ResponseObject = {
  description: 'To the page',
  headers: { Location: { schema: { type: 'string' } } },
};

function errors(...reasons: readonly AdminErrorReason[]): Responses {
  return errorResponses(
    refusals(adminErrors, 'admin_token_required', ...reasons),
    httpRefusals('rate_limited', 'store_unavailable'),
  );
}

function formErrors(): Responses {
  return errorResponses(
    refusals(adminErrors, 'admin_token_required'),
    refusals(loginErrors, 'csrf_invalid'),
    httpRefusals('body_too_large', 'media_type_unsupported', 'rate_limited', 'store_unavailable'),
  );
}

const parameters: readonly ParameterObject[] = [
  { name: 'view', in: 'query', required: false, schema: { type: 'string', enum: [...viewNames], default: 'on-call' } },
  { name: 'range', in: 'query', required: false, schema: { type: 'string', enum: [...rangeNames], default: '1h' } },
  {
    name: 'refresh',
    in: 'query',
    required: false,
    description: '`off`: the page does not load itself again.',
    schema: { type: 'string', enum: ['off'] },
  },
];

export const dashboardOperation: Operation = {
  ...adminOperation,
  operationId: 'dashboard',
  summary: 'The dashboards, for a browser whose user has the admin token',
  description:
    'By the bearer token or the cookie that its form gives. Without either the answer is 401 with that form, or, where `Accept` prefers JSON, the error.',
  parameters,
  responses: { 200: page, ...errors('field_invalid') },
};

const csrf: SchemaObject = { type: 'string', description: 'From the page.' };

export const dashboardSignInOperation: Operation = {
  ...adminOperation,
  operationId: 'dashboardSignIn',
  summary: 'Show the admin token in a form, for a cookie of 8 hours',
  requestBody: formBody(
    { type: 'object', required: ['csrf', 'token'], properties: { csrf, token: { type: 'string' } } },
    { example: { summary: 'the form', value: { csrf: 'from the page', token: 'the admin token' } } },
  ),
  responses: { 303: back, ...formErrors() },
};

export const dashboardSignOutOperation: Operation = {
  ...adminOperation,
  operationId: 'dashboardSignOut',
  summary: 'End the cookie of this browser',
  requestBody: formBody(
    { type: 'object', required: ['csrf'], properties: { csrf } },
    { example: { summary: 'the form', value: { csrf: 'from the page' } } },
  ),
  responses: { 303: back, ...formErrors() },
};

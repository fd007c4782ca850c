import * as z from 'zod';
import { type Description, htmlAnswer, redirectAnswer, refusals } from '../../../platform/http/description';
import { loginErrors } from '../../../protocols/login/login-error';
import { adminOperation, adminRefusals } from '../admin.openapi';
import { rangeNames } from './figures';
import { viewNames } from './panel';

export const dashboardOperation: Description = {
  ...adminOperation,
  operationId: 'dashboard',
  summary: 'The dashboards, for a browser whose user has the admin token',
  description:
    'By the bearer token or the cookie that its form gives. Without either the answer is 401 with that form, or, where `Accept` prefers JSON, the error.',
  query: z.object({
    view: z.enum(viewNames).default('on-call'),
    range: z.enum(rangeNames).default('1h'),
    refresh: z.literal('off').optional().describe('`off`: the page does not load itself again.'),
  }),
  answers: { 200: htmlAnswer() },
  refusals: adminRefusals('field_invalid'),
};

const form = z.object({ csrf: z.string().describe('From the page.') });
const csrf = 'from the page';
const ofForm = {
  ...adminOperation,
  answers: { 303: redirectAnswer('To the page') },
  refusals: [...adminRefusals(), ...refusals(loginErrors, 'csrf_invalid')],
};

export const dashboardSignInOperation: Description = {
  ...ofForm,
  operationId: 'dashboardSignIn',
  summary: 'Show the admin token in a form, for a cookie of 8 hours',
  body: {
    schema: form.extend({ token: z.string() }),
    examples: { example: { summary: 'the form', value: { csrf, token: 'the admin token' } } },
  },
};

export const dashboardSignOutOperation: Description = {
  ...ofForm,
  operationId: 'dashboardSignOut',
  summary: 'End the cookie of this browser',
  body: { schema: form, examples: { example: { summary: 'the form', value: { csrf } } } },
};

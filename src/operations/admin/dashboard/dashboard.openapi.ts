import * as z from 'zod';
import { type Description, htmlAnswer } from '../../../platform/http/description';
import { adminOperation, adminRefusals } from '../admin.openapi';
import { rangeNames } from './figures';
import { viewNames } from './panel';

export const dashboardOperation: Description = {
  ...adminOperation,
  operationId: 'dashboard',
  summary: 'The dashboards, for an operator in a browser',
  description:
    'By the bearer token or a session of the console. Without either the answer is 401 with the form of the console, or, where `Accept` prefers JSON, the error.',
  query: z.object({
    view: z.enum(viewNames).default('on-call'),
    range: z.enum(rangeNames).default('1h'),
    refresh: z.literal('off').optional().describe('`off`: the page does not load itself again.'),
  }),
  answers: { 200: htmlAnswer() },
  refusals: adminRefusals('field_invalid'),
};

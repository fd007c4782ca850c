import * as z from 'zod';
import { type Description, htmlAnswer } from '../../../platform/http/description';
import { changedAnswers, changeRefusals } from './password.openapi';

export const accountRecoveryCodesOperation: Description = {
  tags: ['Pages'],
  operationId: 'accountRecoveryCodes',
  summary: 'New recovery codes, in place of those before',
  body: {
    schema: z.object({ csrf: z.string().describe('From the page.') }),
    examples: { button: { summary: 'the button', value: { csrf: 'from the page' } } },
  },
  answers: { 200: htmlAnswer('The codes, shown once'), ...changedAnswers },
  refusals: changeRefusals,
};

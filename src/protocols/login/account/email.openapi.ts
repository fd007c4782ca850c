import * as z from 'zod';
import { fieldErrors } from '../../../platform/fields/field-error';
import { type Description, refusals } from '../../../platform/http/description';
import { accountErrors } from './account-error';
import { changedAnswers, changeRefusals } from './password.openapi';

export const accountEmailOperation: Description = {
  tags: ['Pages'],
  operationId: 'accountEmail',
  summary: 'Give another email address',
  description: 'A link is mailed there, whose page verifies the address.',
  body: {
    schema: z.object({ csrf: z.string().describe('From the page.'), email: z.string() }),
    examples: { address: { summary: 'an address', value: { csrf: 'from the page', email: 'user0@mail.example' } } },
  },
  answers: changedAnswers,
  refusals: [
    ...changeRefusals,
    ...refusals(fieldErrors, 'field_invalid'),
    ...refusals(accountErrors, 'mail_unavailable'),
  ],
};

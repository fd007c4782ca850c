import * as z from 'zod';
import { type Description, htmlAnswer, refusals } from '../../../platform/http/description';
import { loginErrors } from '../login-error';

export const recoverPageOperation: Description = {
  tags: ['Pages'],
  operationId: 'recoverPage',
  summary: 'The way back for who lost what they sign in with',
  answers: { 200: htmlAnswer() },
};

export const recoverOperation: Description = {
  tags: ['Pages'],
  operationId: 'recover',
  summary: 'Ask for a link by mail',
  body: {
    schema: z.object({
      csrf: z.string().describe('From the page.'),
      identifier: z.string().describe('A username or an email address.'),
    }),
    examples: { username: { summary: 'a username', value: { csrf: 'from the page', identifier: 'user0' } } },
  },
  answers: { 200: htmlAnswer('The same page, whether or not there is such a user') },
  refusals: refusals(loginErrors, 'csrf_invalid', 'parameter_repeated'),
};

import * as z from 'zod';
import { type Description, htmlAnswer, redirectAnswer, refusals } from '../../platform/http/description';
import { loginErrors } from './login-error';
import { hiddenFields } from './login.openapi';

export const recoveryPageOperation: Description = {
  tags: ['Pages'],
  operationId: 'recoveryPage',
  summary: 'The form for a recovery code',
  answers: { 200: htmlAnswer() },
};

const value = { csrf: 'from the page', username: 'user0', code: 'ABCD EFGH IJKL M234' };

export const recoveryLoginOperation: Description = {
  tags: ['Pages'],
  operationId: 'recoveryLogin',
  summary: 'Sign in with a recovery code',
  body: {
    schema: z.object({
      csrf: hiddenFields.csrf,
      username: z.string(),
      code: z.string().describe('16 characters of base32; case, blanks and hyphens do not matter.'),
    }),
    examples: { code: { summary: 'a code', value } },
  },
  answers: {
    303: redirectAnswer('To the account page, with a session'),
    401: htmlAnswer('The form again: the username or the code is wrong, or it was used before'),
  },
  refusals: refusals(loginErrors, 'csrf_invalid', 'parameter_repeated'),
};

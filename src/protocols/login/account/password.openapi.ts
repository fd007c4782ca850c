import * as z from 'zod';
import { type Description, optionalText, redirectAnswer, refusals } from '../../../platform/http/description';
import { fieldErrors } from '../../../platform/fields/field-error';
import { loginErrors } from '../login-error';
import { accountErrors } from './account-error';

/** The answers of every form of the account page that changes a credential. */
export const changedAnswers = { 303: redirectAnswer('Back to the page, or to the login page without a fresh login') };

/** The errors of every such form. */
export const changeRefusals = [
  ...refusals(loginErrors, 'csrf_invalid', 'parameter_repeated'),
  ...refusals(accountErrors, 'access_denied'),
];

const password = z.string().meta({ format: 'password' }).optional();

export const accountPasswordOperation: Description = {
  tags: ['Pages'],
  operationId: 'accountPassword',
  summary: 'Set, change or remove the password',
  body: {
    schema: z.object({
      csrf: z.string().describe('From the page.'),
      current_password: password.describe('Required where there is a password.'),
      new_password: password.describe('8 to 200 characters; none of the 10,000 most common ones.'),
      action: optionalText('remove: without a new password.'),
    }),
    examples: {
      change: {
        summary: 'a new password',
        value: { csrf: 'from the page', current_password: 'password0', new_password: 'correct horse battery' },
      },
    },
  },
  answers: changedAnswers,
  refusals: [
    ...changeRefusals,
    ...refusals(accountErrors, 'password_wrong', 'password_unfit', 'last_credential', 'record_unknown'),
    ...refusals(fieldErrors, 'field_invalid'),
  ],
};

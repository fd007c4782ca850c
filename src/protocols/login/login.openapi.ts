import * as z from 'zod';
import { type Description, htmlAnswer, redirectAnswer, refusals } from '../../platform/http/description';
import { loginErrors } from './login-error';

/** The hidden fields of every form on the login page. */
export const hiddenFields = {
  csrf: z.string().describe('From the page.'),
  request: z.string().describe('From the page: the query of the interrupted authorization request.'),
};
const form = z.object({ ...hiddenFields, username: z.string(), password: z.string().meta({ format: 'password' }) });
const value = { csrf: 'from the page', request: '', username: 'user0', password: 'password0' };

/** The errors of every such form. */
export const formRefusals = refusals(loginErrors, 'csrf_invalid', 'parameter_repeated', 'request_too_long');

export const loginPageOperation: Description = {
  tags: ['Pages'],
  operationId: 'loginPage',
  summary: 'The login page: a password form and a wallet button',
  description: 'Its query is that of the authorization request which the login interrupts.',
  answers: { 200: htmlAnswer() },
  refusals: refusals(loginErrors, 'request_too_long'),
};

export const loginOperation: Description = {
  tags: ['Pages'],
  operationId: 'login',
  summary: 'The password form',
  body: { schema: form, examples: { password: { summary: 'a password', value } } },
  answers: {
    303: redirectAnswer('On to the interrupted authorization request, with a session'),
    401: htmlAnswer('The form again: the username or the password is wrong'),
  },
  refusals: formRefusals,
};

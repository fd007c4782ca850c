import * as z from 'zod';
import { type Description, htmlAnswer, redirectAnswer, refusals, optionalText } from '../../platform/http/description';
import { loginErrors } from './login-error';

export const accountOperation: Description = {
  tags: ['Pages'],
  operationId: 'account',
  summary: 'Who is signed in, in which browsers, and which applications have access',
  answers: { 200: htmlAnswer(), 303: redirectAnswer('To the login page: the browser has no session') },
};

const form = z.object({
  csrf: z.string().describe('From the page.'),
  end: z.enum(['session', 'app', 'everything']),
  id: optionalText('Of the session, or of the client.'),
});
const value = { csrf: 'from the page', end: 'app', id: 'demo-partner' };

export const accountEndOperation: Description = {
  tags: ['Pages'],
  operationId: 'accountEnd',
  summary: 'End a session, the access of an application, or everything',
  body: { schema: form, examples: { app: { summary: 'the access of an application', value } } },
  answers: {
    200: htmlAnswer('The session of this browser was among it: the page that says that nobody is signed in'),
    303: redirectAnswer('Back to the page, or to the login page without a session'),
  },
  refusals: refusals(loginErrors, 'csrf_invalid', 'parameter_repeated', 'ending_invalid'),
};

import * as z from 'zod';
import { type Description, htmlAnswer, redirectAnswer, refusals, optionalText } from '../../platform/http/description';
import { loginErrors } from './login-error';

const logoutRequest = z.object({
  id_token_hint: optionalText('An ID token of the session, also one that has expired: with it there is no page.'),
  client_id: optionalText('The client that asks; not needed with id_token_hint.'),
  post_logout_redirect_uri: optionalText('Where the browser goes on to; registered with the client.'),
  state: optionalText('Comes back with it.'),
});

const logout = {
  tags: ['Pages'],
  answers: {
    200: htmlAnswer('The page with one button, or the one that says that nobody is signed in'),
    303: redirectAnswer('Signed out: on to post_logout_redirect_uri, with state'),
  },
  refusals: refusals(
    loginErrors,
    'parameter_repeated',
    'id_token_hint_mismatch',
    'client_unknown',
    'post_logout_redirect_uri_unregistered',
  ),
};

export const logoutOperation: Description = {
  ...logout,
  operationId: 'logout',
  summary: 'Sign out the browser (OpenID Connect RP-Initiated Logout)',
  query: logoutRequest,
};

const form = logoutRequest.extend({
  csrf: optionalText('From the page: its button was pressed.'),
  request: optionalText('From the page: the query that it was asked with.'),
});
const value = { csrf: 'from the page', request: 'client_id=demo-spa' };

export const logoutByFormOperation: Description = {
  ...logout,
  operationId: 'logoutByForm',
  summary: 'The button of the page, or the same request in a form',
  description: 'A form without csrf is sent on to GET /logout, where the browser shows its cookies.',
  body: { schema: form, examples: { button: { summary: 'the button', value } } },
  refusals: [...logout.refusals, ...refusals(loginErrors, 'csrf_invalid')],
};

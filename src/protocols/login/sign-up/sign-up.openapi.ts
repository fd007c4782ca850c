import * as z from 'zod';
import { fieldErrors } from '../../../platform/fields/field-error';
import {
  type Description,
  htmlAnswer,
  httpRefusals,
  jsonAnswer,
  optionalText,
  redirectAnswer,
  refusals,
} from '../../../platform/http/description';
import { accountErrors } from '../account/account-error';
import { newPasskeyRefusals } from '../account/passkeys.openapi';
import { hiddenFields } from '../login.openapi';
import { loginErrors } from '../login-error';

const { csrf, request } = hiddenFields;
const username = z.string().describe('1 to 200 visible characters.');
const shared = [...refusals(loginErrors, 'csrf_invalid'), ...refusals(fieldErrors, 'field_invalid')];

export const signUpPageOperation: Description = {
  tags: ['Pages'],
  operationId: 'signUpPage',
  summary: 'The page where anybody makes an account, with SIGN_UP=open',
  description: 'Its query is that of the authorization request which the sign-up interrupts.',
  answers: { 200: htmlAnswer() },
  refusals: [...refusals(loginErrors, 'request_too_long'), ...httpRefusals('not_found')],
};

export const signUpPasskeyOperation: Description = {
  tags: ['Pages'],
  operationId: 'signUpPasskey',
  summary: 'What a browser makes a passkey of, for a new account',
  body: {
    schema: z.object({ csrf, username }),
    examples: { name: { summary: 'a free name', value: { csrf: 'from the page', username: 'anna' } } },
  },
  answers: { 201: jsonAnswer('PublicKeyCredentialCreationOptionsJSON', z.looseObject({ challenge: z.string() })) },
  refusals: [...shared, ...refusals(accountErrors, 'body_invalid', 'already_exists'), ...httpRefusals('not_found')],
};

export const signUpOperation: Description = {
  tags: ['Pages'],
  operationId: 'signUp',
  summary: 'Make an account',
  body: {
    schema: z.object({
      csrf,
      request: request.optional(),
      username,
      password: optionalText('8 to 200 characters; none of the 10,000 most common ones.'),
      credential: optionalText('Instead of a password: a RegistrationResponseJSON.'),
      name: optionalText('Of the passkey.'),
      email: optionalText('Required with SMTP_URL.'),
    }),
    examples: {
      password: {
        summary: 'a password',
        value: { csrf: 'from the page', username: 'anna', password: 'correct horse battery' },
      },
    },
  },
  answers: {
    200: htmlAnswer('With SMTP_URL: the page that says to open the link in the mail'),
    303: redirectAnswer('On to the interrupted request, or to the login page, where the new passkey is used'),
  },
  refusals: [
    ...shared,
    ...refusals(loginErrors, 'parameter_repeated', 'request_too_long'),
    ...refusals(accountErrors, 'password_unfit', 'already_exists'),
    ...newPasskeyRefusals,
    ...httpRefusals('not_found'),
  ],
};

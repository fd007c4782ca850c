import * as z from 'zod';
import { newPasskeyRefusals } from '../account/passkeys.openapi';
import {
  type Description,
  htmlAnswer,
  jsonAnswer,
  optionalText,
  redirectAnswer,
  refusals,
} from '../../../platform/http/description';
import { fieldErrors } from '../../../platform/fields/field-error';
import { accountErrors } from '../account/account-error';
import { loginErrors } from '../login-error';
import { linkErrors } from './link-error';

const secret = 'recovery.2vS0pYcQ1kT7mXw4bZr8nHd3fJg6LaEo9iUtRq5yWxM';
const fields = {
  csrf: z.string().describe('From the page.'),
  secret: z.string().describe('The fragment of the link.'),
};
const linkRefusals = refusals(linkErrors, 'link_unknown', 'link_used', 'link_expired');

export const linkPageOperation: Description = {
  tags: ['Pages'],
  operationId: 'linkPage',
  summary: 'The page of a link, whose secret is in the fragment',
  answers: { 200: htmlAnswer() },
};

export const linkPasskeyOperation: Description = {
  tags: ['Pages'],
  operationId: 'linkPasskey',
  summary: 'What a browser makes a passkey of, for a link',
  body: {
    schema: z.object(fields),
    examples: { link: { summary: 'a link', value: { csrf: 'from the page', secret } } },
  },
  answers: { 201: jsonAnswer('PublicKeyCredentialCreationOptionsJSON', z.looseObject({ challenge: z.string() })) },
  refusals: [...refusals(loginErrors, 'csrf_invalid'), ...refusals(accountErrors, 'body_invalid'), ...linkRefusals],
};

export const linkOperation: Description = {
  tags: ['Pages'],
  operationId: 'useLink',
  summary: 'Use a link: set a password or a passkey, or verify an email address',
  body: {
    schema: z.object({
      ...fields,
      new_password: optionalText('8 to 200 characters; none of the 10,000 most common ones.'),
      credential: optionalText('Instead of a password: a RegistrationResponseJSON.'),
      name: optionalText('Of the passkey.'),
      remove_others: optionalText('Present: the other passkeys, wallets and recovery codes go.'),
    }),
    examples: {
      password: {
        summary: 'a password',
        value: { csrf: 'from the page', secret, new_password: 'correct horse battery' },
      },
    },
  },
  answers: { 303: redirectAnswer('To the account page, with a session') },
  refusals: [
    ...refusals(loginErrors, 'csrf_invalid', 'parameter_repeated'),
    ...linkRefusals,
    ...refusals(accountErrors, 'password_unfit', 'too_many', 'already_exists'),
    ...refusals(fieldErrors, 'field_invalid'),
    ...newPasskeyRefusals,
  ],
};

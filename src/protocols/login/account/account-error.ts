import { bodyAllowed } from '../../../platform/http/json';
import { errorClass, errors } from '../../../platform/http/protocol-error';

/** Errors of what end-users change on the account page, by reason. Source: docs/http-api.md, section GET /account. */
export const accountErrors = {
  ...errors(401, 'login_required', {
    login_too_old: 'A login at most 5 minutes old is required',
  }),
  ...errors(403, 'access_denied', {
    access_denied: [
      'This account has no credentials that could be changed here',
      'You signed in with a wallet that belongs to no account of this server. Sign in to your account, and link the wallet there.',
    ],
  }),
  ...errors(400, 'invalid_request', {
    body_invalid: `The body must be a JSON object, ${bodyAllowed}`,
    password_wrong: [
      'The current password is wrong',
      'Go back and type the password that you sign in with. If you do not know it, recover your account.',
    ],
    password_unfit: [
      'A password has 8 to 200 characters, and is none of the 10,000 most common ones',
      'Go back and choose another one: what many people use is what is guessed first. Three or four words that do not belong together are good.',
    ],
  }),
  ...errors(404, 'invalid_request', { record_unknown: 'There is no such record' }),
  ...errors(409, 'invalid_request', {
    mail_unavailable: 'The user has no verified email address, or no mail is sent here',
    too_many: ['There are as many of these as one account can have', 'Go back and remove one first.'],
    already_exists: 'There is one already',
    wallet_taken: [
      'This wallet is linked to another account',
      'Sign in with it to see which one, and unlink it there first.',
    ],
    last_credential: [
      'This is the last credential that can sign in',
      'Go back and add another one first, such as a passkey. Recovery codes do not count.',
    ],
  }),
};

export type AccountErrorReason = keyof typeof accountErrors;

export class AccountError extends errorClass(accountErrors) {}

import { errorClass, errors } from '../../platform/http/protocol-error';

/** Errors of whoever shows a token of the administration. */
export const operatorErrors = {
  ...errors(400, 'invalid_request', {
    token_in_url: [
      'A token of the administration is not sent in a URL',
      'Send it as Authorization: Bearer, and replace it: URLs are logged on the way (RFC 9700 §4.3.2).',
    ],
  }),
  ...errors(403, 'access_denied', {
    role_insufficient: [
      'The role of this operator does not allow that',
      'docs/operators.md lists what each role may do.',
    ],
  }),
};

export class OperatorError extends errorClass(operatorErrors) {}

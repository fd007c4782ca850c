import { fieldErrors } from '../../platform/fields/field-error';
import { bodyAllowed } from '../../platform/http/json';
import { errorClass, errors } from '../../platform/http/protocol-error';

/** Errors of the administration, by reason. Source: docs/http-api.md, section Administration. */
export const adminErrors = {
  ...errors(401, 'invalid_token', { admin_token_required: 'A token of the administration is required' }),
  ...errors(400, 'invalid_request', {
    body_invalid: `The body must be a JSON object, ${bodyAllowed}`,
    query_required: 'The query must name what to end: sub, client_id or both',
  }),
  ...errors(404, 'invalid_request', { record_unknown: 'There is no such record' }),
  ...errors(409, 'invalid_request', {
    already_exists: 'There is one already',
    mail_unavailable: 'The user has no verified email address, or no mail is sent here',
    client_without_secret: 'This client does not authenticate by a secret',
    api_in_use: 'A client names this API as its default_resource',
    last_admin: 'One operator of role admin must stay, enabled and not expired',
    operators_at_limit: 'There are as many operators as there can be: 1000',
  }),
  ...errors(412, 'invalid_request', {
    changed_meanwhile: 'The record is not the one of If-Match: it was changed meanwhile',
  }),
  ...fieldErrors,
};

export type AdminErrorReason = keyof typeof adminErrors;

export class AdminError extends errorClass(adminErrors) {}

/** The record, if it exists. Throws: {@link AdminError} record_unknown. */
export function found<Found extends object>(record: Found | undefined): Found {
  if (record === undefined) throw new AdminError('record_unknown');
  return record;
}

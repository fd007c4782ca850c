import { fieldErrors } from '../../platform/fields/field-error';
import { bodyAllowed } from '../../platform/http/json';
import { type ErrorDefinition, type ErrorDetails, ProtocolError } from '../../platform/http/protocol-error';

/** Error responses of the administration, by their reason. Source: docs/http-api.md, section Administration. */
export const adminErrors = {
  admin_token_required: { status: 401, error: 'invalid_token', description: 'The admin token is required' },
  body_invalid: {
    status: 400,
    error: 'invalid_request',
    description: `The body must be a JSON object, ${bodyAllowed}`,
  },
  ...fieldErrors,
  query_required: {
    status: 400,
    error: 'invalid_request',
    description: 'The query must name what to end: sub, client_id or both',
  },
  record_unknown: { status: 404, error: 'invalid_request', description: 'There is no such record' },
  already_exists: { status: 409, error: 'invalid_request', description: 'There is one already' },
  client_without_secret: {
    status: 409,
    error: 'invalid_request',
    description: 'This client does not authenticate by a secret',
  },
  api_in_use: {
    status: 409,
    error: 'invalid_request',
    description: 'A client names this API as its default_resource',
  },
} as const satisfies Record<string, ErrorDefinition>;

export type AdminErrorReason = keyof typeof adminErrors;

export class AdminError extends ProtocolError {
  constructor(
    override readonly reason: AdminErrorReason,
    details?: ErrorDetails,
  ) {
    super(adminErrors[reason], reason, details);
  }
}

/** A record that a call names. Throws: {@link AdminError} record_unknown. */
export function found<Found extends object>(record: Found | undefined): Found {
  if (record === undefined) throw new AdminError('record_unknown');
  return record;
}

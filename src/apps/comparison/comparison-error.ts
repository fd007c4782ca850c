import { bodyAllowed } from '../../platform/http/json';
import { type ErrorDefinition, type ErrorDetails, ProtocolError } from '../../platform/http/protocol-error';

/** Error responses of the comparison, by their reason. */
export const comparisonErrors = {
  runs_off: { status: 403, error: 'access_denied', description: 'Comparison runs are switched off on this server' },
  admin_token_required: { status: 401, error: 'invalid_token', description: 'The admin token is required' },
  cross_site: {
    status: 421,
    error: 'invalid_request',
    description: 'A run is not started by a page of another site',
  },
  body_invalid: {
    status: 400,
    error: 'invalid_request',
    description: `The body must be a JSON object, ${bodyAllowed}`,
  },
  models_invalid: {
    status: 400,
    error: 'invalid_request',
    description: 'models must be an array of pkce, wallet or both',
  },
  attacks_invalid: { status: 400, error: 'invalid_request', description: 'attacks must be true or false' },
  runs_at_limit: {
    status: 429,
    error: 'temporarily_unavailable',
    description: 'Too many runs are under way; try again after the seconds in Retry-After',
  },
  run_unknown: { status: 404, error: 'invalid_request', description: 'There is no such run, or it has expired' },
} as const satisfies Record<string, ErrorDefinition>;

export type ComparisonErrorReason = keyof typeof comparisonErrors;

export class ComparisonError extends ProtocolError {
  constructor(
    override readonly reason: ComparisonErrorReason,
    details?: ErrorDetails,
  ) {
    super(comparisonErrors[reason], reason, details);
  }
}

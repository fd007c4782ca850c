import { bodyAllowed } from '../../platform/http/json';
import { errorClass, errors } from '../../platform/http/protocol-error';

/** Errors of the comparison, by reason. */
export const comparisonErrors = {
  ...errors(403, 'access_denied', { runs_off: 'Comparison runs are switched off on this server' }),
  ...errors(401, 'invalid_token', { admin_token_required: 'A token of the administration is required' }),
  ...errors(421, 'invalid_request', { cross_site: 'A run is not started by a page of another site' }),
  ...errors(400, 'invalid_request', {
    body_invalid: `The body must be a JSON object, ${bodyAllowed}`,
    models_invalid: 'models must be an array of pkce, wallet and passkey, which must be on',
    attacks_invalid: 'attacks must be true or false',
    without_invalid: 'without must be an array of at most two ids of GET /compare/checks',
  }),
  ...errors(429, 'temporarily_unavailable', {
    runs_at_limit: 'Too many runs are under way; try again after the seconds in Retry-After',
  }),
  ...errors(404, 'invalid_request', {
    run_unknown: 'There is no such run, or it has expired',
    ablation_unavailable: [
      'No check can be taken away here',
      'This needs development, and the twin, which npm run ablation builds.',
    ],
  }),
};

export type ComparisonErrorReason = keyof typeof comparisonErrors;

export class ComparisonError extends errorClass(comparisonErrors) {}

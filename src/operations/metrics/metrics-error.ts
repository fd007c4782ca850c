import { errorClass, errors } from '../../platform/http/protocol-error';

/** Errors of the metrics, by reason. */
export const metricsErrors = errors(401, 'invalid_token', {
  metrics_token_required: 'The token of the metrics is required',
});

export class MetricsError extends errorClass(metricsErrors) {}

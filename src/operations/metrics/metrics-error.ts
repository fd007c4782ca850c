import { type ErrorDefinition, type ErrorDetails, ProtocolError } from '../../platform/http/protocol-error';

/** Error responses of the metrics, by their reason. */
export const metricsErrors = {
  metrics_token_required: { status: 401, error: 'invalid_token', description: 'The token of the metrics is required' },
} as const satisfies Record<string, ErrorDefinition>;

export type MetricsErrorReason = keyof typeof metricsErrors;

export class MetricsError extends ProtocolError {
  constructor(
    override readonly reason: MetricsErrorReason,
    details?: ErrorDetails,
  ) {
    super(metricsErrors[reason], reason, details);
  }
}

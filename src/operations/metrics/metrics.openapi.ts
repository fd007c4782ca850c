import type { Operation } from '../../platform/http/openapi';
import { errorResponses, refusals } from '../../platform/http/refusals.openapi';
import { metricsErrors } from './metrics-error';

export const metricsOperation: Operation = {
  tags: ['Operations'],
  operationId: 'metrics',
  summary: 'The figures of all workers, as Prometheus reads them',
  description: 'With the bearer token that `METRICS_TOKEN` sets. In production, without that setting, it is not there.',
  responses: {
    200: { description: 'Figures', content: { 'text/plain': { schema: { type: 'string' } } } },
    ...errorResponses(refusals(metricsErrors, 'metrics_token_required')),
  },
};

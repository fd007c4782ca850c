import type { Operation } from '../http/openapi';
import { errorResponses } from '../http/refusals.openapi';

export const metricsOperation: Operation = {
  tags: ['Operations'],
  operationId: 'metrics',
  summary: 'The figures of all workers, as Prometheus reads them',
  responses: {
    200: { description: 'Figures', content: { 'text/plain': { schema: { type: 'string' } } } },
    ...errorResponses(),
  },
};

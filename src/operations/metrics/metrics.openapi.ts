import * as z from 'zod';
import { allRefusals, type Description } from '../../platform/http/description';
import { metricsErrors } from './metrics-error';

export const metricsOperation: Description = {
  tags: ['Operations'],
  operationId: 'metrics',
  summary: 'The figures of all workers, as Prometheus reads them',
  description: 'With the bearer token that `METRICS_TOKEN` sets. In production, without that setting, it is not there.',
  answers: { 200: { description: 'Figures', content: { 'text/plain': { schema: z.string() } } } },
  refusals: allRefusals(metricsErrors),
  storeless: true,
};

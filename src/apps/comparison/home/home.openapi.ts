import type { Operation } from '../../../platform/http/openapi';
import { errorResponses } from '../../../platform/http/refusals.openapi';

export const homeOperation: Operation = describePage(
  'home',
  'The page that explains both models, runs them and compares them',
);

export const spaCallbackOperation: Operation = describePage('spaCallback', 'Where a login of demo-spa comes back to');

export const webCallbackOperation: Operation = describePage(
  'webCallback',
  'Where a login of demo-client comes back to',
);

function describePage(operationId: string, summary: string): Operation {
  return {
    tags: ['Pages'],
    operationId,
    summary,
    responses: {
      200: { description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } },
      ...errorResponses(),
    },
  };
}

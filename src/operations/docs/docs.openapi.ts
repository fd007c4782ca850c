import type { Operation } from '../../platform/http/openapi';
import { errorResponses } from '../../platform/http/refusals.openapi';

export const documentOperation: Operation = {
  tags: ['Operations'],
  operationId: 'document',
  summary: 'This document (OpenAPI 3.1)',
  responses: {
    200: {
      description: 'The document',
      content: { 'application/json': { schema: { type: 'object', required: ['openapi', 'info', 'paths'] } } },
    },
    ...errorResponses(),
  },
};

export const documentPageOperation: Operation = {
  tags: ['Operations'],
  operationId: 'documentPage',
  summary: 'This document as a page',
  responses: {
    200: { description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } },
    ...errorResponses(),
  },
};

import type { Operation, Responses, SchemaObject } from '../../platform/http/openapi';
import { errorResponses, httpRefusals } from '../../platform/http/refusals.openapi';

const schema: SchemaObject = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string', enum: ['ok'] } },
};

const ok = {
  200: { description: 'It does', content: { 'application/json': { schema, example: { status: 'ok' } } } },
} satisfies Responses;

export const liveOperation: Operation = {
  tags: ['Operations'],
  operationId: 'live',
  summary: 'Does the process run?',
  responses: { ...ok, ...errorResponses() },
};

export const readyOperation: Operation = {
  tags: ['Operations'],
  operationId: 'ready',
  summary: 'Does the store answer, and is it prepared?',
  responses: { ...ok, ...errorResponses(httpRefusals('store_unavailable')) },
};

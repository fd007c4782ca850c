import { answers } from '../../platform/http/body.openapi';
import type { Operation, ParameterObject, ResponseObject, Responses, SchemaObject } from '../../platform/http/openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { type AdminErrorReason, adminErrors } from './admin-error';
import { mostPerPage } from './page-answer';

/** What every description of the administration shares. */
export const adminOperation = { tags: ['Administration'] } satisfies Partial<Operation>;

/** The error responses: those of every endpoint here, and these. */
export function adminRefusals(...reasons: readonly AdminErrorReason[]): Responses {
  return errorResponses(
    refusals(adminErrors, 'admin_token_required', ...reasons),
    httpRefusals('body_too_large', 'rate_limited', 'store_unavailable'),
  );
}

export const pageParameters: readonly ParameterObject[] = [
  {
    name: 'limit',
    in: 'query',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: mostPerPage, default: mostPerPage },
  },
  {
    name: 'after',
    in: 'query',
    required: false,
    description: 'The `next` of the page before.',
    schema: { type: 'string' },
  },
];

export function pageAnswers(description: string, item: SchemaObject, example: unknown): ResponseObject {
  const data: SchemaObject = { type: 'array', items: item };
  const schema: SchemaObject = { type: 'object', required: ['data'], properties: { data, next: { type: 'string' } } };
  return answers(description, schema, { data: [example] });
}

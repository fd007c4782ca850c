import { jsonBody } from '../../platform/http/body.openapi';
import type {
  Operation,
  ParameterObject,
  RequestBodyObject,
  ResponseObject,
  Responses,
  SchemaObject,
} from '../../platform/http/openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { type AdminErrorReason, adminErrors } from './admin-error';
import type { Fields } from '../../platform/fields/fields';
import { mostPerPage } from './page-answer';

/** What every description of the administration shares. */
export const adminOperation = {
  tags: ['Administration'],
  security: [{ bearer: [] }],
} satisfies Partial<Operation>;

/** The error responses: those of every endpoint here, and these. */
export function adminRefusals(...reasons: readonly AdminErrorReason[]): Responses {
  return errorResponses(
    refusals(adminErrors, 'admin_token_required', ...reasons),
    httpRefusals('body_too_large', 'rate_limited', 'store_unavailable'),
  );
}

export function idParameter(name: string, example: string): ParameterObject {
  return { name, in: 'path', required: true, schema: { type: 'string' }, example };
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

/** The schema of a record by its fields, and those that the answer has besides. */
export function recordSchema(fields: Fields, others: Readonly<Record<string, SchemaObject>> = {}): SchemaObject {
  const described = Object.entries(fields).map(([name, { schema, about }]) => [
    name,
    { ...schema, description: about },
  ]);
  return { type: 'object', properties: { ...others, ...Object.fromEntries(described) } };
}

/** What can be sent for a record: each field may be null, which is as if it were absent, or removes it. */
export function recordBody(
  fields: Fields,
  summary: string,
  value: unknown,
  others: Readonly<Record<string, SchemaObject>> = {},
): RequestBodyObject {
  const properties = Object.entries(fields).map(([name, { schema, about }]) => [
    name,
    { anyOf: [schema, { type: 'null' }], description: about },
  ]);
  const schema: SchemaObject = { type: 'object', properties: { ...others, ...Object.fromEntries(properties) } };
  return jsonBody(schema, { example: { summary, value } });
}

export function answers(description: string, schema: SchemaObject, example: unknown): ResponseObject {
  return { description, content: { 'application/json': { schema, example } } };
}

export function pageAnswers(description: string, item: SchemaObject, example: unknown): ResponseObject {
  const data: SchemaObject = { type: 'array', items: item };
  const schema: SchemaObject = { type: 'object', required: ['data'], properties: { data, next: { type: 'string' } } };
  return answers(description, schema, { data: [example] });
}

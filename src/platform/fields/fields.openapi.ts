import { jsonBody } from '../http/body.openapi';
import type { RequestBodyObject, SchemaObject } from '../http/openapi';
import type { Fields } from './fields';

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

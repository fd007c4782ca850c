import type { ExampleObject, RequestBodyObject, SchemaObject } from './openapi';

type Examples = Readonly<Record<string, ExampleObject>>;

/** The body of an endpoint that reads a form. */
export function formBody(schema: SchemaObject, examples: Examples): RequestBodyObject {
  return { required: true, content: { 'application/x-www-form-urlencoded': { schema, examples } } };
}

/** The body of an endpoint that reads JSON. */
export function jsonBody(schema: SchemaObject, examples: Examples): RequestBodyObject {
  return { required: true, content: { 'application/json': { schema, examples } } };
}

import type { ExampleObject, ParameterObject, RequestBodyObject, ResponseObject, SchemaObject } from './openapi';

type Examples = Readonly<Record<string, ExampleObject>>;

/** The body of an endpoint that reads a form. */
export function formBody(schema: SchemaObject, examples: Examples): RequestBodyObject {
  return { required: true, content: { 'application/x-www-form-urlencoded': { schema, examples } } };
}

/** The body of an endpoint that reads JSON. */
export function jsonBody(schema: SchemaObject, examples: Examples): RequestBodyObject {
  return { required: true, content: { 'application/json': { schema, examples } } };
}

/** An answer in JSON. */
export function answers(description: string, schema: SchemaObject, example: unknown): ResponseObject {
  return { description, content: { 'application/json': { schema, example } } };
}

export function idParameter(name: string, example: string): ParameterObject {
  return { name, in: 'path', required: true, schema: { type: 'string' }, example };
}

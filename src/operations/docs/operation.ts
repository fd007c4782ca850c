import * as z from 'zod';
import { type Answer, type Content, httpRefusals, type Refusal } from '../../platform/http/description';
import type { EndpointDeclaration } from '../../platform/http/endpoint';
import type {
  MediaTypeObject,
  Operation,
  ParameterObject,
  ResponseObject,
  SchemaObject,
} from '../../platform/http/openapi';
import { errorResponses } from './error-responses';

const mediaTypes = { form: 'application/x-www-form-urlencoded', json: 'application/json' } as const;

/** The document's entry for an endpoint. */
export function operationOf(declaration: EndpointDeclaration): Operation {
  const {
    query,
    headers,
    path = {},
    body,
    answers,
    refusals = [],
    storeless: _storeless,
    ...said
  } = declaration.describe;
  const answered = Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)]);
  return {
    ...said,
    parameters: [
      ...[...declaration.path.matchAll(/:(\w+)/g)].map(([, name = '']) => pathParameter(name, path[name])),
      ...parametersIn('header', headers),
      ...parametersIn('query', query),
    ],
    ...(body !== undefined && {
      requestBody: {
        required: body.optional !== true,
        content: { [mediaTypes[declaration.body ?? 'json']]: mediaTypeOf(body, 'input') },
      },
    }),
    responses: {
      ...Object.fromEntries(answered),
      ...errorResponses([...refusals, ...refusedByHttp(declaration)]),
    },
  };
}

/** Besides the errors of every URL. */
function refusedByHttp({ method, body, limit, describe: { storeless } }: EndpointDeclaration): Refusal[] {
  return [
    ...(method === 'GET' ? [] : httpRefusals('body_too_large')),
    ...(body === 'form' ? httpRefusals('media_type_unsupported') : []),
    ...(limit === undefined ? [] : httpRefusals('rate_limited')),
    ...(storeless === true ? [] : httpRefusals('store_unavailable')),
  ];
}

function responseOf({ content, ...said }: Answer): ResponseObject {
  if (content === undefined) return said;
  const described = Object.entries(content).map(([type, each]) => [type, mediaTypeOf(each, 'output')]);
  return { ...said, content: Object.fromEntries(described) };
}

function mediaTypeOf({ schema, example, examples }: Content, io: 'input' | 'output'): MediaTypeObject {
  return {
    schema: jsonSchemaOf(schema, io),
    ...(example !== undefined && { example }),
    ...(examples !== undefined && { examples }),
  };
}

function pathParameter(name: string, example: string | undefined): ParameterObject {
  return { name, in: 'path', required: true, schema: { type: 'string' }, ...(example !== undefined && { example }) };
}

/** Typed as parsed: a query's number is a number. */
function parametersIn(place: 'header' | 'query', fields: z.ZodObject | undefined): ParameterObject[] {
  return Object.entries<z.ZodType>(fields?.shape ?? {}).map(([name, field]) => {
    const { description, ...schema } = jsonSchemaOf(field, 'output');
    const required = !field.safeParse(undefined).success;
    return { name, in: place, required, ...(description !== undefined && { description }), schema };
  });
}

/** Source: OpenAPI 3.1.0 §4.8.24. */
export function jsonSchemaOf(zodSchema: z.ZodType, io: 'input' | 'output'): SchemaObject {
  const { $schema: _version, ...schema } = z.toJSONSchema(zodSchema, { io, unrepresentable: 'any', override: plain });
  return schema;
}

/** Without what does not help a reader: integer bounds, read-only marks, patterns of formats. */
function plain({ jsonSchema }: { readonly jsonSchema: SchemaObject }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.description === '') delete jsonSchema.description;
  delete jsonSchema.readOnly;
  delete jsonSchema.propertyNames;
  liftDescription(jsonSchema);
}

/** Moves the description of a nullable value to the outer schema. */
function liftDescription(jsonSchema: SchemaObject): void {
  const [first, second] = jsonSchema.anyOf ?? [];
  if (typeof first !== 'object' || typeof second !== 'object' || second.type !== 'null') return;
  if (first.description !== undefined) jsonSchema.description ??= first.description;
  delete first.description;
}

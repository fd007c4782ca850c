import type * as z from 'zod';

/** JSON Schema 2020-12. */
export type SchemaObject = z.core.JSONSchema.BaseSchema;

export interface ExampleObject {
  readonly summary: string;
  readonly value: unknown;
}

export interface MediaTypeObject {
  readonly schema: SchemaObject;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, ExampleObject>>;
}

/** By media type. */
export type ContentObject = Readonly<Record<string, MediaTypeObject>>;

export interface HeaderObject {
  readonly description?: string;
  readonly schema: SchemaObject;
  readonly examples?: Readonly<Record<string, ExampleObject>>;
}

export interface ResponseObject {
  readonly description: string;
  readonly headers?: Readonly<Record<string, HeaderObject>>;
  readonly content?: ContentObject;
}

/** By status. */
export type Responses = Readonly<Record<string, ResponseObject>>;

export interface ParameterObject {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: SchemaObject;
  readonly example?: unknown;
}

export interface RequestBodyObject {
  readonly required: boolean;
  readonly content: ContentObject;
}

/** The description of one endpoint. Source: OpenAPI 3.1.0 §4.8.10. */
export interface Operation {
  readonly tags: readonly string[];
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: RequestBodyObject;
  readonly responses: Responses;
}

/** Names of security schemes, any one of which suffices. */
export type Security = readonly Readonly<Partial<Record<'bearer' | 'dpop' | 'basic', readonly []>>>[];

/** By method, in lower case. */
export type PathItem = Readonly<
  Partial<
    Record<
      'get' | 'post' | 'put' | 'patch' | 'delete',
      Operation & { readonly security?: Security; readonly 'x-role'?: string }
    >
  >
>;

/** Source: OpenAPI 3.1.0 §4.8.1. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

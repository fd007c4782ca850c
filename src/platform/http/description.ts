import * as z from 'zod';
import { httpErrors } from './http-error';
import type { ExampleObject, HeaderObject, Operation } from './openapi';
import type { ErrorDefinition } from './protocol-error';

type Examples = Readonly<Record<string, ExampleObject>>;

/** A body, by its zod schema, which becomes JSON Schema in the document. */
export interface Content {
  readonly schema: z.ZodType;
  readonly example?: unknown;
  readonly examples?: Examples;
}

/** The response with one status. */
export interface Answer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, HeaderObject>>;
  /** By media type. */
  readonly content?: Readonly<Record<string, Content>>;
}

/**
 * Documents what an endpoint is for, takes and returns, beside its declaration: the type of its body, the names in its path,
 * and HTTP's own errors are known from there.
 */
export interface Description extends Pick<Operation, 'tags' | 'operationId' | 'summary' | 'description'> {
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  /** An example for each name in the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly body?: Content & { readonly optional?: boolean };
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  readonly refusals?: readonly Refusal[];
  /** True: it answers even while the store is unavailable. */
  readonly storeless?: boolean;
}

/** A parameter or field that may be absent. */
export function optionalText(description: string) {
  return z.string().optional().describe(description);
}

export function jsonAnswer(description: string, schema: z.ZodType, example?: unknown): Answer {
  return { description, content: { 'application/json': { schema, ...(example !== undefined && { example }) } } };
}

export function htmlAnswer(description = 'The page'): Answer {
  return { description, content: { 'text/html': { schema: z.string() } } };
}

export function redirectAnswer(description: string, examples?: Examples): Answer {
  return { description, headers: { Location: { schema: { type: 'string' }, ...(examples && { examples }) } } };
}

/** One error of an endpoint. */
export interface Refusal extends ErrorDefinition {
  /** Its unique name: the reason or, for HTTP's own errors, which have none, the name in the catalogue. */
  readonly name: string;
  readonly reason: string | undefined;
}

/** The named errors of a protocol's catalogue. */
export function refusals<Reason extends string>(
  catalogue: Readonly<Record<Reason, ErrorDefinition>>,
  ...reasons: readonly NoInfer<Reason>[]
): Refusal[] {
  return reasons.map((reason) => ({ ...catalogue[reason], name: reason, reason }));
}

/** Every error of a catalogue. */
export function allRefusals(catalogue: Readonly<Record<string, ErrorDefinition>>): Refusal[] {
  return refusals(catalogue, ...Object.keys(catalogue));
}

/** HTTP's own errors, beside those of every URL. */
export function httpRefusals(...names: readonly (keyof typeof httpErrors)[]): Refusal[] {
  return names.map((name) => ({ ...httpErrors[name], name, reason: undefined }));
}

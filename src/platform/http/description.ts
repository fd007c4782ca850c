import * as z from 'zod';
import { httpErrors } from './http-error';
import type { ExampleObject, HeaderObject, Operation } from './openapi';
import type { ErrorDefinition } from './protocol-error';

type Examples = Readonly<Record<string, ExampleObject>>;

/** One body, by its zod schema; the document has it as JSON Schema. */
export interface Content {
  readonly schema: z.ZodType;
  readonly example?: unknown;
  readonly examples?: Examples;
}

/** What is answered with one status. */
export interface Answer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, HeaderObject>>;
  /** By media type. */
  readonly content?: Readonly<Record<string, Content>>;
}

/**
 * What one endpoint is for, takes and answers, beside what its declaration tells already: the type of its body, the names in
 * its path, and how HTTP itself refuses.
 */
export interface Description extends Pick<Operation, 'tags' | 'operationId' | 'summary' | 'description'> {
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  /** An example of each name in the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly body?: Content & { readonly optional?: boolean };
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  readonly refusals?: readonly Refusal[];
  /** It answers also while the store does not. */
  readonly storeless?: boolean;
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

/** One way in which an endpoint can refuse. */
export interface Refusal extends ErrorDefinition {
  /** What tells it from the others: the reason, or for HTTP's own refusals, which send none, the catalogue's name. */
  readonly name: string;
  readonly reason: string | undefined;
}

/** These refusals of a protocol's catalogue. */
export function refusals<Reason extends string>(
  catalogue: Readonly<Record<Reason, ErrorDefinition>>,
  ...reasons: readonly NoInfer<Reason>[]
): Refusal[] {
  return reasons.map((reason) => ({ ...catalogue[reason], name: reason, reason }));
}

/** Every refusal of a catalogue. */
export function allRefusals(catalogue: Readonly<Record<string, ErrorDefinition>>): Refusal[] {
  return refusals(catalogue, ...Object.keys(catalogue));
}

/** These refusals of HTTP itself, beside those that any address has. */
export function httpRefusals(...names: readonly (keyof typeof httpErrors)[]): Refusal[] {
  return names.map((name) => ({ ...httpErrors[name], name, reason: undefined }));
}

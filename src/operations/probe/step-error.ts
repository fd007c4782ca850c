import * as z from 'zod';

/** What a server may say in an error: names, so that nothing it was sent can come back in one. */
const nameForm = /^[a-z][a-z0-9_]{0,63}$/;
const nameSchema = z.string().regex(nameForm).optional().catch(undefined);
const bodySchema = z.object({ error: nameSchema, reason: nameSchema }).catch({ error: undefined, reason: undefined });

export interface ErrorNames {
  readonly status?: number;
  readonly error?: string | undefined;
  readonly reason?: string | undefined;
}

/** A step of a login that did not go as it must. The message is a sentence of ours. */
export class StepError extends Error {
  constructor(
    message: string,
    readonly names: ErrorNames = {},
  ) {
    super(message);
  }
}

/** Nobody answers there. */
export class UnreachableError extends Error {}

/** Of an answer that is not the expected one. */
export function unexpected(
  { status, json }: { readonly status: number; readonly json: unknown },
  expected: string,
): StepError {
  return new StepError(`expected ${expected}`, { status, ...bodySchema.parse(json) });
}

/** Of a redirect that carries an error response. Source: RFC 6749 §4.1.2.1. */
export function errorIn(query: URLSearchParams): ErrorNames {
  return { error: nameSchema.parse(query.get('error') ?? undefined) };
}

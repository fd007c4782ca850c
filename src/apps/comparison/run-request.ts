import * as z from 'zod';
import type { LoginModel } from '../../domain/identity/authentication';
import { ComparisonError, type ComparisonErrorReason } from './comparison-error';

const models = ['pkce', 'wallet'] as const satisfies readonly LoginModel[];

export const runRequest = z.object({
  models: z
    .array(z.enum(models))
    .min(1)
    .max(8)
    .default([...models]),
  attacks: z.boolean().default(true),
});

export interface RunRequest {
  /** Distinct, in the order pkce, wallet. */
  readonly models: readonly LoginModel[];
  readonly attacks: boolean;
}

const reasons: Readonly<Record<string, ComparisonErrorReason>> = {
  models: 'models_invalid',
  attacks: 'attacks_invalid',
};

/** Parses what to run; without a body, both models with their attacks. Throws: {@link ComparisonError}. */
export function parseRunRequest(body: unknown): RunRequest {
  const result = runRequest.safeParse(body ?? {});
  if (!result.success) {
    const field = result.error.issues[0]?.path[0];
    throw new ComparisonError(reasons[String(field)] ?? 'body_invalid');
  }
  const { models: asked, attacks } = result.data;
  return { models: models.filter((model) => asked.includes(model)), attacks };
}

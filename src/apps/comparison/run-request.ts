import * as z from 'zod';
import { type CheckId, checks } from './checks/catalogue';
import type { SessionModel } from '../../domain/identity/authentication';
import { ComparisonError, type ComparisonErrorReason } from './comparison-error';

const models = ['pkce', 'wallet', 'passkey'] as const satisfies readonly SessionModel[];

export const runRequest = z.object({
  models: z.array(z.enum(models)).min(1).max(8).default(['pkce', 'wallet']),
  attacks: z.boolean().default(true),
  without: z
    .array(z.enum(checks.map(({ id }) => id)))
    .max(2)
    .default([])
    .describe('Checks that are taken away, in a twin of the service; in development alone.'),
});

export interface RunRequest {
  /** Distinct, in the order pkce, wallet, passkey. */
  readonly models: readonly SessionModel[];
  readonly attacks: boolean;
  /** Distinct. */
  readonly without: readonly CheckId[];
}

const reasons: Readonly<Record<string, ComparisonErrorReason>> = {
  models: 'models_invalid',
  attacks: 'attacks_invalid',
  without: 'without_invalid',
};

/** Parses what to run; without a body, PKCE and wallet with their attacks. Throws: {@link ComparisonError}. */
export function parseRunRequest(body: unknown): RunRequest {
  const result = runRequest.safeParse(body ?? {});
  if (!result.success) {
    const field = result.error.issues[0]?.path[0];
    throw new ComparisonError(reasons[String(field)] ?? 'body_invalid');
  }
  const { models: asked, attacks, without } = result.data;
  return { models: models.filter((model) => asked.includes(model)), attacks, without: [...new Set(without)] };
}

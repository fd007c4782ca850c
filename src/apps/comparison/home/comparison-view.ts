import * as z from 'zod';

const fact = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]).nullable(),
  unit: z.string().optional(),
});
const worth = z.object({ after: z.string(), holds: z.array(z.string()), worth: z.string() });
const statement = z.object({ text: z.string(), facts: z.array(fact), rows: z.array(worth).optional() });
const figures = z.object({
  step: z.string(),
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
});
const model = z.object({
  title: z.string(),
  live: z.object({
    started: z.number(),
    succeeded: z.number(),
    refused: z.record(z.string(), z.number()),
    steps: z.array(figures),
  }),
  records: z.record(z.string(), z.number()),
});

/** What the page shows of `GET /compare`. */
export const comparisonView = z.object({
  server: z.object({ issuer: z.string(), store: z.string(), workers: z.number() }),
  measuredBy: z.object({ at: z.string() }).nullable(),
  models: z.object({ pkce: model, wallet: model }),
  aspects: z.array(
    z.object({ id: z.string(), title: z.string(), pkce: statement, wallet: statement, both: statement }),
  ),
  walletMessages: z.array(z.object({ id: z.string(), title: z.string(), server: statement, wallet: statement })),
});

export type ComparisonView = z.infer<typeof comparisonView>;
export type StepFigures = z.infer<typeof figures>;

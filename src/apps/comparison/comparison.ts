import * as z from 'zod';
import type { StepMetrics } from '../../operations/metrics/login-metrics';
import { summary } from './run';

const fact = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number(), z.boolean(), z.null()]).describe('Null where nothing has been measured yet.'),
  unit: z.string().optional(),
  from: z
    .enum(['settings', 'code', 'live', 'run'])
    .describe('This server’s settings, the code that does it, the figures since the start, or a run.'),
});

const evidence = z
  .array(
    z.object({
      attack: z.string(),
      defended: z.boolean().nullable().describe('In the run that was measured; null when it was not made.'),
    }),
  )
  .readonly();

const eavesdropperRow = z
  .object({ after: z.string(), holds: z.array(z.string()).readonly(), worth: z.string(), evidence })
  .describe('What somebody who reads everything holds after a step.');

/** A statement about one model. */
const statement = z.object({
  text: z.string().describe('Composed of its facts, so that it says what is measured and set, no more.'),
  facts: z.array(fact).readonly(),
  evidence: evidence.optional(),
  rows: z.array(eavesdropperRow).readonly().optional(),
});

/** One aspect of the models. */
const modelAspect = z.object({
  id: z.string(),
  title: z.string(),
  pkce: statement,
  wallet: statement,
  passkey: statement,
});
const aspect = modelAspect.extend({ both: statement.describe('A login by wallet that carries a code_challenge.') });
const wayAspect = z.object({ id: z.string(), title: z.string(), server: statement, wallet: statement });

/** Metrics of a model on this server, over all workers. */
const liveMetrics = z.object({
  started: z.int().describe('Challenges handed out: codes, or nonces.'),
  succeeded: z.int().describe('Challenges redeemed.'),
  refused: z.record(z.string(), z.int()).readonly().describe('Error responses by their reason.'),
  steps: z.array(z.custom<StepMetrics>()).readonly().describe('The latency of each.'),
});

const modelView = z.object({
  title: z.string(),
  live: liveMetrics.describe('Since the start, over all workers.'),
  records: z.record(z.string(), z.int()).readonly().describe('Unspent challenges in the store now, by kind.'),
  measured: summary
    .readonly()
    .nullable()
    .describe(
      'What a login cost in the newest finished run; null when there was none in the last hour, or it played no passkeys.',
    ),
});

/** The models side by side, on this server. */
export const comparison = z.object({
  server: z.object({
    issuer: z.string(),
    store: z.enum(['lmdb', 'mongodb']),
    workers: z.int(),
    production: z.boolean(),
    runs: z.object({
      possible: z.boolean(),
      needToken: z.boolean(),
      without: z.boolean().describe('Whether checks can be taken away.'),
    }),
  }),
  measuredBy: z
    .object({ runId: z.string(), at: z.string() })
    .nullable()
    .describe('The run that the measured figures are of.'),
  models: z.object({ pkce: modelView, wallet: modelView, passkey: modelView }),
  aspects: z.array(aspect).readonly(),
  walletMessages: z
    .array(wayAspect)
    .readonly()
    .describe('The wallet model’s two ways: messages that this server writes, and those that the wallet writes.'),
});

export type Fact = Readonly<z.infer<typeof fact>>;
export type AttackEvidence = z.infer<typeof evidence>[number];
export type EavesdropperRow = Readonly<z.infer<typeof eavesdropperRow>>;
export type Statement = Readonly<z.infer<typeof statement>>;
export type ModelAspect = Readonly<z.infer<typeof modelAspect>>;
export type Aspect = Readonly<z.infer<typeof aspect>>;
export type WayAspect = Readonly<z.infer<typeof wayAspect>>;
export type LiveFigures = Readonly<z.infer<typeof liveMetrics>>;
export type ModelView = Readonly<z.infer<typeof modelView>>;
export type Comparison = Readonly<z.infer<typeof comparison>>;

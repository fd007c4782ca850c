import * as z from 'zod';

const rate = z.number().min(0).max(1);
const totals = z.object({ success: z.int(), failure: z.int(), failure_rate: rate }).readonly();

/** Every pattern that the report looks for. */
const patterns = [
  'failures_from_one_address',
  'one_challenge_from_several_addresses',
  'verifier_mismatches_above_usual',
  'replays',
  'refresh_reuse',
  'challenge_farming',
  'guesses_at_one_user',
] as const;

const finding = z
  .object({
    name: z.enum(patterns),
    threshold: z.number().describe('It is a finding because `count` is above it.'),
    count: z.int(),
    evidence: z.record(z.string(), z.unknown()).readonly(),
  })
  .readonly();

/** Suspicious events of a period that ends now. */
export const securityReport = z.object({
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  events: z.object({
    examined: z.int(),
    complete: z.boolean().describe('False: there were more, and these are the newest.'),
  }),
  totals: z
    .object({ pkce: totals, wallet: totals, passkey: totals, other: totals })
    .describe('Steps of logins by the model, and those of neither or of both.'),
  failure_rate: rate.describe('Of both models together.'),
  failures: z.record(z.string(), z.int()).readonly().describe('By reason, the most frequent ones.'),
  findings: z.array(finding).readonly(),
});

export type Totals = z.infer<typeof totals>;
export type Finding = z.infer<typeof finding>;
export type SecurityReport = Readonly<z.infer<typeof securityReport>>;

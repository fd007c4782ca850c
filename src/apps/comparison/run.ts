import * as z from 'zod';
import type { SessionModel } from '../../domain/identity/authentication';

export const expectation = z.enum(['succeeds', 'detected']);
export const loginModel = z.enum(['pkce', 'wallet', 'passkey'] satisfies SessionModel[]);
const texts = z.record(z.string(), z.string()).readonly();
const counts = z.record(z.string(), z.int()).readonly();

/** The actor of a step. */
const actor = z.enum(['client', 'browser', 'wallet', 'authenticator']);

/** The part of a login that a step belongs to: the end-user's own login, the challenge, its proof, or the use of the token. */
const phase = z.enum(['person', 'challenge', 'proof', 'resource']);

/** One HTTP exchange as it is shown. */
const shownRequest = z.object({
  method: z.string(),
  path: z.string(),
  headers: texts,
  query: texts.describe('Its parameters.'),
  body: z.unknown().describe('The form fields or the JSON; null without a body.'),
  bytes: z.int(),
});

const shownAnswer = z.object({
  status: z.int(),
  headers: texts,
  body: z.unknown().describe('Parsed JSON, or of a page {page}, its title; null without a body.'),
  bytes: z.int(),
});

/** A record of this login as the store holds it. */
const shownRecord = z.looseObject({
  collection: z.enum(['challenges', 'grants', 'sessions']),
  id: z.string(),
  secondsToLive: z.int().describe('Negative when it has expired and is not swept yet.'),
});
const shownRecords = z.array(shownRecord).readonly();

const step = z
  .object({
    model: loginModel,
    number: z.int().describe('Counts the steps of its model from 1.'),
    step: z.string().describe('A stable name, such as redeem.'),
    phase,
    actor,
    action: z.string(),
    holds: texts.describe('What the actor keeps to itself after this step: names, and hashes of what is secret.'),
    sent: shownRequest.readonly().nullable().describe('Null for a step that stays inside the actor.'),
    received: shownAnswer.readonly().nullable(),
    stored: z.object({ before: shownRecords, after: shownRecords }).readonly(),
    elapsedMs: z.number(),
  })
  .describe('Credentials are shown as sha256: and the first 8 characters of their hash.');

/** A claim about an attack, and whether it held. */
const check = z.object({ claim: z.string(), held: z.boolean() }).readonly();

/** One exchange of an attack that fell. */
export const attackExchange = z.object({
  by: z.enum(['owner', 'attacker']),
  method: z.string(),
  path: z.string(),
  sent: z.unknown().describe('The form fields or the JSON, else the parameters of the query; null without any.'),
  status: z.int(),
  received: z.unknown().describe('As in a step.'),
  stored: shownRecords.describe('What the store has of this attack afterwards.'),
});

const attackOutcome = z.object({
  name: z.string().describe('The id of the catalogue.'),
  title: z.string(),
  model: loginModel,
  knowledge: z.string(),
  request: shownRequest
    .readonly()
    .nullable()
    .describe('That got through, otherwise the first; null when the attack could not be made.'),
  status: z.int().nullable().describe('Of that request’s answer.'),
  error: z.string().nullable(),
  reason: z.string().nullable(),
  answers: counts.describe('How many answers were which, such as {"200": 1, "400 code_used": 19}.'),
  checks: z.array(check).readonly(),
  defended: z.boolean(),
  fell: z
    .boolean()
    .describe(
      'Whether the attacker got what the attack names, or took it from its owner. An attack that another rule refused than the one that should have neither fell nor counts as defended.',
    ),
  expected: expectation
    .exactOptional()
    .describe(
      'succeeds: it gets through where it is mounted, to show what prevents it elsewhere, and fails no run. detected: what it begins with cannot be prevented, and must be noticed and ended.',
    ),
  verdict: z.string().describe('One sentence: what defended, or what got through.'),
  exchanges: z
    .array(attackExchange.readonly())
    .readonly()
    .exactOptional()
    .describe('Of an attack that fell, made once more: the first of what was sent and answered, in order.'),
  elapsedMs: z.number(),
});

/** What a model's login cost, and how its attacks ended. */
export const summary = z.object({
  model: loginModel,
  roundTrips: z
    .int()
    .describe('HTTP exchanges of the login; those of the challenge and its proof are the model’s own.'),
  roundTripsByPhase: z.record(phase, z.int()).readonly(),
  bytesSent: z.int(),
  bytesReceived: z.int(),
  protocolBytes: z.int().describe('Those of the challenge and the proof alone, both directions.'),
  elapsedMs: z.number(),
  attacks: z.object({ total: z.int(), defended: z.int() }).readonly().describe('Those that must be defended against.'),
});

const expected = z.object({ steps: z.int(), attacks: z.int() }).describe('How many steps and attacks there will be.');
const cleanup = z.object({ removed: counts, left: z.string() });
const runStatus = z
  .enum(['running', 'passed', 'failed', 'error'])
  .describe('failed: an attack got through. error: the run could not be made to the end.');

/** A run as its reader gets it. */
export const runView = z.object({
  id: z.string(),
  status: runStatus,
  message: z.string().nullable().describe('How it ended, in one sentence; null while it is running.'),
  models: z.array(loginModel).readonly(),
  without: z.array(z.string()).readonly().describe('The checks that were taken away, in a twin of the service.'),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  expected,
  steps: z.array(step.readonly()).readonly(),
  attacks: z.array(attackOutcome.readonly()).readonly(),
  summary: z
    .partialRecord(loginModel, summary.readonly())
    .readonly()
    .describe('By model: what its login cost, and how its attacks ended.'),
  cleanup: cleanup.nullable(),
});

export type Actor = z.infer<typeof actor>;
export type Phase = z.infer<typeof phase>;
export type ShownRequest = Readonly<z.infer<typeof shownRequest>>;
export type ShownAnswer = Readonly<z.infer<typeof shownAnswer>>;
export type ShownRecord = Readonly<z.infer<typeof shownRecord>>;
export type Step = Readonly<z.infer<typeof step>>;
export type Check = z.infer<typeof check>;
export type AttackExchange = Readonly<z.infer<typeof attackExchange>>;
export type AttackOutcome = Readonly<z.infer<typeof attackOutcome>>;
export type Summary = Readonly<z.infer<typeof summary>>;
export type RunStatus = z.infer<typeof runStatus>;

/** Whether an attack must be defended against. */
export function mustBeDefended(outcome: Pick<AttackOutcome, 'expected'>): boolean {
  return outcome.expected !== 'succeeds';
}

/** The events of a run; the run's state follows from them. */
export type RunEvent =
  | { readonly type: 'started'; readonly expected: Readonly<z.infer<typeof expected>> }
  | ({ readonly type: 'step' } & Step)
  | ({ readonly type: 'attack' } & AttackOutcome)
  | ({ readonly type: 'summary' } & Summary)
  | ({ readonly type: 'cleanup' } & Readonly<z.infer<typeof cleanup>>)
  | { readonly type: 'done'; readonly status: Exclude<RunStatus, 'running'>; readonly message: string };

/** A run as stored. */
export interface Run {
  readonly id: string;
  readonly models: readonly SessionModel[];
  readonly attacks: boolean;
  /** Ids of the checks that the twin has not. Absent: a run against this server. */
  readonly without?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
  /** When a run without further events counts as lost with its process. */
  readonly deadline: number;
  readonly events: readonly RunEvent[];
}

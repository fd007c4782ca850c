import * as z from 'zod';
import { type Description, jsonAnswer, refusals } from '../../platform/http/description';
import { comparisonErrors } from './comparison-error';
import { runRequest } from './run-request';

const models = z.array(z.enum(['pkce', 'wallet']));
const status = z
  .enum(['running', 'passed', 'failed', 'error'])
  .describe('failed: an attack got through. error: the run could not be made to the end.');
const id = '3q2-7wAAAAAAAAAAAAAAAA';

const step = z
  .looseObject({
    model: z.string(),
    step: z.string(),
    actor: z.string(),
    action: z.string(),
    sent: z.unknown(),
    received: z.unknown(),
    stored: z.unknown(),
    elapsedMs: z.number(),
  })
  .describe('Credentials are shown as sha256: and the beginning of their hash.');
const attack = z.looseObject({
  name: z.string(),
  model: z.string(),
  defended: z.boolean(),
  expected: z.literal('succeeds').optional().describe('It fails no run.'),
  status: z.int().nullable(),
  error: z.unknown(),
  reason: z.unknown(),
});
const run = z.object({
  id: z.string(),
  status,
  message: z.string().nullable(),
  models,
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  expected: z.looseObject({}).describe('How many steps and attacks there will be.'),
  steps: z.array(step),
  attacks: z.array(attack),
  summary: z.looseObject({}).describe('By model: what its login cost, and how its attacks ended.'),
  cleanup: z.looseObject({}).nullable(),
});

export const startRunOperation: Description = {
  tags: ['Comparison'],
  operationId: 'startRun',
  summary: 'Run both logins and every attack against this server',
  description: 'In production with the admin token only.',
  body: {
    schema: runRequest,
    examples: { all: { summary: 'everything', value: { models: ['pkce', 'wallet'], attacks: true } } },
  },
  answers: { 201: jsonAnswer('It has begun', run.pick({ id: true, status: true }), { id, status: 'running' }) },
  refusals: refusals(
    comparisonErrors,
    'cross_site',
    'runs_off',
    'admin_token_required',
    'body_invalid',
    'models_invalid',
    'attacks_invalid',
    'runs_at_limit',
  ),
};

export const runOperation: Description = {
  tags: ['Comparison'],
  operationId: 'run',
  summary: 'What a run has told up to now',
  answers: { 200: jsonAnswer('The run', run) },
  refusals: refusals(comparisonErrors, 'run_unknown'),
};

export const runEventsOperation: Description = {
  ...runOperation,
  operationId: 'runEvents',
  summary: 'The same as it happens, as server-sent events',
  answers: {
    200: {
      description: 'Events started, step, attack, summary, cleanup and done; Last-Event-ID goes on after that one',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    204: { description: 'The run has ended, and Last-Event-ID was its last event' },
  },
};

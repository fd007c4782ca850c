import * as z from 'zod';
import { type Description, jsonAnswer, refusals } from '../../platform/http/description';
import { operatorRefusals } from '../../domain/operators/operators.openapi';
import { comparisonErrors } from './comparison-error';
import { runView } from './run';
import { runRequest } from './run-request';

const id = '3q2-7wAAAAAAAAAAAAAAAA';

export const startRunOperation: Description = {
  tags: ['Comparison'],
  operationId: 'startRun',
  summary: 'Run both logins and every attack against this server',
  description: 'In production with the admin token only.',
  body: {
    schema: runRequest,
    examples: { all: { summary: 'everything', value: { models: ['pkce', 'wallet'], attacks: true } } },
  },
  answers: { 201: jsonAnswer('It has begun', runView.pick({ id: true, status: true }), { id, status: 'running' }) },
  refusals: [
    ...refusals(
      comparisonErrors,
      'cross_site',
      'runs_off',
      'admin_token_required',
      'body_invalid',
      'models_invalid',
      'attacks_invalid',
      'without_invalid',
      'ablation_unavailable',
      'runs_at_limit',
    ),
    ...operatorRefusals,
  ],
};

export const runOperation: Description = {
  tags: ['Comparison'],
  operationId: 'run',
  summary: 'What a run has told up to now',
  answers: { 200: jsonAnswer('The run', runView) },
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

import type { Operation, ParameterObject, SchemaObject } from '../../platform/http/openapi';
import { jsonBody } from '../../platform/http/body.openapi';
import { errorResponses, httpRefusals, refusals } from '../../platform/http/refusals.openapi';
import { comparisonErrors } from './comparison-error';

const models: SchemaObject = { type: 'array', items: { type: 'string', enum: ['pkce', 'wallet'] } };
const status: SchemaObject = {
  type: 'string',
  enum: ['running', 'passed', 'failed', 'error'],
  description: 'failed: an attack got through. error: the run could not be made to the end.',
};
const id = '3q2-7wAAAAAAAAAAAAAAAA';

const request: SchemaObject = {
  type: 'object',
  properties: {
    models: { ...models, minItems: 1, maxItems: 8, default: ['pkce', 'wallet'] },
    attacks: { type: 'boolean', default: true },
  },
};

const started: SchemaObject = {
  type: 'object',
  required: ['id', 'status'],
  properties: { id: { type: 'string' }, status },
};

const run: SchemaObject = {
  type: 'object',
  required: ['id', 'status', 'models', 'createdAt', 'expiresAt', 'expected', 'steps', 'attacks', 'summary'],
  properties: {
    id: { type: 'string' },
    status,
    message: { type: ['string', 'null'] },
    models,
    createdAt: { type: 'string', format: 'date-time' },
    expiresAt: { type: 'string', format: 'date-time' },
    expected: { type: 'object', description: 'How many steps and attacks there will be.' },
    steps: {
      type: 'array',
      items: {
        type: 'object',
        required: ['model', 'step', 'actor', 'action', 'sent', 'received', 'stored', 'elapsedMs'],
        description: 'Credentials are shown as sha256: and the beginning of their hash.',
      },
    },
    attacks: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'model', 'defended', 'status', 'error', 'reason'],
        properties: {
          name: { type: 'string' },
          defended: { type: 'boolean' },
          expected: { type: 'string', enum: ['succeeds'], description: 'It fails no run.' },
          status: { type: ['integer', 'null'] },
        },
      },
    },
    summary: { type: 'object', description: 'By model: what its login cost, and how its attacks ended.' },
    cleanup: { type: ['object', 'null'] },
  },
};

const idParameter = {
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'string' },
} satisfies ParameterObject;

export const startRunOperation: Operation = {
  tags: ['Comparison'],
  operationId: 'startRun',
  summary: 'Run both logins and every attack against this server',
  description: 'In production with the admin token only.',
  requestBody: jsonBody(request, {
    all: { summary: 'everything', value: { models: ['pkce', 'wallet'], attacks: true } },
  }),
  responses: {
    201: {
      description: 'It has begun',
      content: { 'application/json': { schema: started, example: { id, status: 'running' } } },
    },
    ...errorResponses(
      refusals(
        comparisonErrors,
        'cross_site',
        'runs_off',
        'admin_token_required',
        'body_invalid',
        'models_invalid',
        'attacks_invalid',
        'runs_at_limit',
      ),
      httpRefusals('body_too_large', 'rate_limited', 'store_unavailable'),
    ),
  },
};

export const runOperation: Operation = {
  tags: ['Comparison'],
  operationId: 'run',
  summary: 'What a run has told up to now',
  parameters: [idParameter],
  responses: {
    200: { description: 'The run', content: { 'application/json': { schema: run } } },
    ...errorResponses(refusals(comparisonErrors, 'run_unknown'), httpRefusals('store_unavailable')),
  },
};

export const runEventsOperation: Operation = {
  tags: ['Comparison'],
  operationId: 'runEvents',
  summary: 'The same as it happens, as server-sent events',
  parameters: [idParameter],
  responses: {
    200: {
      description: 'Events started, step, attack, summary, cleanup and done; Last-Event-ID goes on after that one',
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    },
    204: { description: 'The run has ended, and Last-Event-ID was its last event' },
    ...errorResponses(refusals(comparisonErrors, 'run_unknown'), httpRefusals('store_unavailable')),
  },
};

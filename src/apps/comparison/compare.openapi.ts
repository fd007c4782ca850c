import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { errorResponses, httpRefusals } from '../../platform/http/refusals.openapi';

const statement: SchemaObject = {
  type: 'object',
  required: ['text', 'facts'],
  properties: {
    text: { type: 'string', description: 'Composed of its facts.' },
    facts: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'value', 'from'],
        properties: {
          name: { type: 'string' },
          value: { type: ['string', 'number', 'boolean', 'null'] },
          unit: { type: 'string' },
          from: { type: 'string', enum: ['settings', 'code', 'live', 'run'] },
        },
      },
    },
  },
};

const model: SchemaObject = {
  type: 'object',
  required: ['title', 'live', 'records', 'measured'],
  properties: {
    title: { type: 'string' },
    live: { type: 'object', description: 'Since the start, over all workers: outcomes, and latency of each step.' },
    records: { type: 'object', additionalProperties: { type: 'integer' }, description: 'Unspent, by kind.' },
    measured: { type: ['object', 'null'], description: 'What a login cost in the newest run.' },
  },
};

const schema: SchemaObject = {
  type: 'object',
  required: ['server', 'measuredBy', 'models', 'aspects', 'walletMessages'],
  properties: {
    server: { type: 'object', required: ['issuer', 'store'] },
    measuredBy: { type: ['object', 'null'], description: 'The run that the measured figures are of.' },
    models: { type: 'object', required: ['pkce', 'wallet'], properties: { pkce: model, wallet: model } },
    aspects: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'title', 'pkce', 'wallet', 'both'],
        properties: {
          id: { type: 'string' },
          title: { type: 'string' },
          pkce: statement,
          wallet: statement,
          both: { ...statement, description: 'A login by wallet that carries a code_challenge.' },
        },
      },
    },
    walletMessages: {
      type: 'array',
      description: 'The wallet model’s two ways: messages that this server writes, and those that the wallet writes.',
      items: {
        type: 'object',
        required: ['id', 'title', 'server', 'wallet'],
        properties: { id: { type: 'string' }, title: { type: 'string' }, server: statement, wallet: statement },
      },
    },
  },
};

export const compareOperation: Operation = {
  tags: ['Comparison'],
  operationId: 'compare',
  summary: 'Both models, aspect by aspect, with this server’s figures',
  responses: {
    200: { description: 'The comparison', content: { 'application/json': { schema } } },
    ...errorResponses(httpRefusals('store_unavailable')),
  },
};

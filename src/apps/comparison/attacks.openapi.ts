import type { Operation, SchemaObject } from '../../platform/http/openapi';
import { errorResponses } from '../../platform/http/refusals.openapi';
import { descriptions } from './attacks/catalogue';

const text: SchemaObject = { type: 'string' };

const schema: SchemaObject = {
  type: 'array',
  items: {
    type: 'object',
    required: ['name', 'title', 'model', 'knowledge', 'attempt', 'defence', 'source', 'refusals'],
    properties: {
      name: { ...text, description: 'The id, as an outcome names it.' },
      title: text,
      model: { type: 'string', enum: ['pkce', 'wallet'] },
      knowledge: { ...text, description: 'What the attacker holds.' },
      attempt: { ...text, description: 'What the attacker does.' },
      defence: { ...text, description: 'Why it should come to nothing.' },
      source: { ...text, description: 'The rule, by its document and section.' },
      expected: {
        type: 'string',
        enum: ['succeeds'],
        description: 'Of an attack that gets through, to show what prevents it elsewhere. Absent: it must not.',
      },
      refusals: { type: 'array', items: text, description: 'The reasons by which the attempts may be refused.' },
    },
  },
};

export const attacksOperation: Operation = {
  tags: ['Comparison'],
  operationId: 'attacks',
  summary: 'The attacks that a run makes',
  responses: {
    200: {
      description: 'The catalogue',
      content: { 'application/json': { schema, example: descriptions().slice(0, 1) } },
    },
    ...errorResponses(),
  },
};

import * as z from 'zod';
import { recordAnswer, recordBody } from '../../platform/fields/fields';
import type { Description } from '../../platform/http/description';
import { adminRefusals, etagAnswer, recordOperations, secretOperation } from './admin.openapi';
import { operatorFields, operatorIdentity } from './operators';

const id = 'kM2vQ9xR4tY7uI0oP3aS6d';
const sent = { name: 'night shift', role: 'support' };
const example = { id, ...sent, disabled: false, created_at: 1_767_225_600 };
const answer = recordAnswer(operatorFields, operatorIdentity.shape);
const body = recordBody(operatorFields);
const token = z.string().describe('Shown once: the store keeps its hash.');
const withToken = (description: string) =>
  etagAnswer(description, answer.extend({ token }), {
    ...example,
    token: 'tso_2vS0pYcQ1kT7mXw4bZr8nHd3fJg6LaEo9iUtRq5yWxM',
  });

export const operatorOperations = recordOperations({
  name: 'operator',
  one: 'an operator',
  path: { id },
  answer,
  example,
  list: { summary: 'The operators, in the order of their ids' },
  add: {
    summary: 'Add an operator, with a token',
    body: { schema: body, examples: { example: { summary: 'an operator', value: sent } } },
    answers: { 201: withToken('It is added') },
    refusals: adminRefusals('body_invalid', 'field_invalid', 'already_exists', 'operators_at_limit'),
  },
  change: {
    description: 'Nobody changes their own role, and one admin stays.',
    body: { schema: body, examples: { example: { summary: 'no more', value: { disabled: true } } } },
    changed: { disabled: true },
    refusals: adminRefusals('body_invalid', 'field_invalid', 'record_unknown', 'already_exists', 'last_admin'),
  },
  remove: { summary: 'Remove an operator', refusals: adminRefusals('record_unknown', 'last_admin') },
});

export const addOperatorTokenOperation: Description = {
  ...secretOperation,
  operationId: 'addOperatorToken',
  summary: 'Make another token; the one before can stay for a while',
  path: { id },
  answers: { 201: withToken('The token') },
};

import type { Operation, ParameterObject, SchemaObject } from '../../platform/http/openapi';
import { adminOperation, adminRefusals, pageAnswers, pageParameters } from './admin.openapi';
import { answers, idParameter } from '../../platform/http/body.openapi';

const id = 'bW3nX8zL5kJ2hG9fD4sA7q';
const sub = 'kM2vQ9xR4tY7uI0oP3aS6d';
const times = { created_at: 1_767_225_600, expires_at: 1_767_268_800 };
const timeSchemas: Readonly<Record<string, SchemaObject>> = {
  created_at: { type: 'integer', description: 'Seconds since the epoch.' },
  expires_at: { type: 'integer', description: 'Seconds since the epoch.' },
};

const grant: SchemaObject = {
  type: 'object',
  required: ['id', 'sub', 'client_id', 'model', 'scope', 'refreshable', 'created_at', 'expires_at'],
  properties: {
    id: { type: 'string' },
    sub: { type: 'string' },
    client_id: { type: 'string' },
    model: { type: 'string', enum: ['pkce', 'wallet', 'client'] },
    scope: { type: 'string' },
    refreshable: { type: 'boolean', description: 'Whether it has refresh tokens.' },
    ...timeSchemas,
  },
};
const grantExample = { id, sub, client_id: 'notes', model: 'pkce', scope: 'openid', refreshable: false, ...times };

const session: SchemaObject = {
  type: 'object',
  required: ['id', 'sub', 'amr', 'created_at', 'expires_at'],
  properties: {
    id: { type: 'string', description: 'The `sid` of ID tokens.' },
    sub: { type: 'string' },
    amr: { type: 'array', items: { type: 'string' } },
    browser: { type: 'string' },
    network: { type: 'string', description: 'The range of IP addresses that it began from.' },
    ...timeSchemas,
  },
};
const sessionExample = { id, sub, amr: ['pwd'], browser: 'Firefox on Linux', network: '203.0.113.0/24', ...times };

const named: readonly ParameterObject[] = [
  { name: 'sub', in: 'query', required: false, description: 'Of this subject alone.', schema: { type: 'string' } },
  { name: 'client_id', in: 'query', required: false, description: 'At this client alone.', schema: { type: 'string' } },
];
const ended: SchemaObject = { type: 'object', required: ['ended'], properties: { ended: { type: 'integer' } } };

export const grantsOperation: Operation = {
  ...adminOperation,
  operationId: 'listGrants',
  summary: 'The grants that live',
  parameters: [...named, ...pageParameters],
  responses: { 200: pageAnswers('A page', grant, grantExample), ...adminRefusals('field_invalid') },
};

export const endGrantsOperation: Operation = {
  ...adminOperation,
  operationId: 'endGrants',
  summary: 'End all grants that the query names, with all their tokens',
  parameters: named,
  responses: {
    200: answers('How many were ended', ended, { ended: 3 }),
    ...adminRefusals('query_required', 'field_invalid'),
  },
};

export const endGrantOperation: Operation = {
  ...adminOperation,
  operationId: 'endGrant',
  summary: 'End a grant, with all its tokens',
  parameters: [idParameter('id', id)],
  responses: { 204: { description: 'It has ended' }, ...adminRefusals('record_unknown') },
};

export const sessionsOperation: Operation = {
  ...adminOperation,
  operationId: 'listSessions',
  summary: 'The sessions that live',
  parameters: [...named, ...pageParameters],
  responses: { 200: pageAnswers('A page', session, sessionExample), ...adminRefusals('field_invalid') },
};

export const endSessionsOperation: Operation = {
  ...adminOperation,
  operationId: 'endSessions',
  summary: 'End all sessions that the query names, and their grants but those with offline_access',
  parameters: named,
  responses: {
    200: answers('How many were ended', ended, { ended: 1 }),
    ...adminRefusals('query_required', 'field_invalid'),
  },
};

export const endSessionOperation: Operation = {
  ...adminOperation,
  operationId: 'endSession',
  summary: 'End a session, and its grants but those with offline_access',
  parameters: [idParameter('id', id)],
  responses: { 204: { description: 'It has ended' }, ...adminRefusals('record_unknown') },
};

import { auditEventTypes } from '../audit/audit-event';
import type { Operation, ParameterObject, SchemaObject } from '../../platform/http/openapi';
import { adminOperation, adminRefusals, pageParameters } from './admin.openapi';
import { answers } from '../../platform/http/body.openapi';

const text: SchemaObject = { type: 'string' };
const time: SchemaObject = { type: 'string', format: 'date-time' };

const event: SchemaObject = {
  type: 'object',
  required: ['id', 'time', 'type', 'outcome'],
  properties: {
    id: { type: 'string', description: 'Sorts by the time.' },
    time,
    type: { type: 'string', enum: Object.keys(auditEventTypes) },
    model: { type: 'string', enum: ['pkce', 'wallet'] },
    client_id: text,
    sub: text,
    grant_id: text,
    outcome: { type: 'string', enum: ['success', 'failure'] },
    reason: text,
    ip: { type: 'string', description: 'An IP address; after seven days its network.' },
    user_agent: { type: 'string', maxLength: 256 },
    duration_ms: { type: 'number' },
    request_id: { type: 'string', description: '`reqId` of the log.' },
    count: { type: 'integer', minimum: 1, description: 'How many events it stands for; absent: one.' },
    aborted: { type: 'boolean', description: 'Whether the connection closed before the answer was sent.' },
  },
};
const eventExample = {
  id: '0mjmd3kw7000ade5f60',
  time: '2026-01-01T00:00:00.000Z',
  type: 'request_refused',
  model: 'pkce',
  client_id: 'notes',
  outcome: 'failure',
  reason: 'code_verifier_mismatch',
  ip: '203.0.113.7',
  user_agent: 'notes/1.0',
  duration_ms: 1.4,
  request_id: 'req-2x',
};

const sinceDescription = 'A date, a time, or so long ago: `90s`, `15m`, `1h`, `7d`.';
const parameters: readonly ParameterObject[] = [
  { name: 'type', in: 'query', required: false, schema: { type: 'string', enum: Object.keys(auditEventTypes) } },
  { name: 'client_id', in: 'query', required: false, schema: text },
  { name: 'sub', in: 'query', required: false, schema: text },
  {
    name: 'ip',
    in: 'query',
    required: false,
    description: 'An IP address, or the network that is left of it after seven days.',
    schema: text,
  },
  { name: 'since', in: 'query', required: false, description: `From then on. ${sinceDescription}`, schema: text },
  { name: 'until', in: 'query', required: false, description: `Before then. ${sinceDescription}`, schema: text },
  ...pageParameters,
];

const page: SchemaObject = {
  type: 'object',
  required: ['data'],
  properties: { data: { type: 'array', items: event }, next: text },
};

export const auditEventsOperation: Operation = {
  ...adminOperation,
  operationId: 'listAuditEvents',
  summary: 'What happened, newest first',
  description: 'Whoever prefers `application/x-ndjson` is sent all that match, one event a line.',
  parameters,
  responses: {
    200: {
      description: 'A page, or all',
      content: {
        'application/json': { schema: page, example: { data: [eventExample] } },
        'application/x-ndjson': { schema: event, example: eventExample },
      },
    },
    ...adminRefusals('field_invalid'),
  },
};

const totals: SchemaObject = {
  type: 'object',
  required: ['success', 'failure', 'failure_rate'],
  properties: {
    success: { type: 'integer' },
    failure: { type: 'integer' },
    failure_rate: { type: 'number', minimum: 0, maximum: 1 },
  },
};
const finding: SchemaObject = {
  type: 'object',
  required: ['name', 'threshold', 'count', 'evidence'],
  properties: {
    name: {
      type: 'string',
      enum: [
        'failures_from_one_address',
        'one_challenge_from_several_addresses',
        'verifier_mismatches_above_usual',
        'replays',
        'refresh_reuse',
        'challenge_farming',
        'guesses_at_one_user',
      ],
    },
    threshold: { type: 'number', description: 'It is a finding because `count` is above it.' },
    count: { type: 'integer' },
    evidence: { type: 'object', additionalProperties: true },
  },
};
const report: SchemaObject = {
  type: 'object',
  required: ['since', 'until', 'events', 'totals', 'failure_rate', 'failures', 'findings'],
  properties: {
    since: time,
    until: time,
    events: {
      type: 'object',
      required: ['examined', 'complete'],
      properties: {
        examined: { type: 'integer' },
        complete: { type: 'boolean', description: 'False: there were more, and these are the newest.' },
      },
    },
    totals: {
      type: 'object',
      required: ['pkce', 'wallet', 'other'],
      properties: { pkce: totals, wallet: totals, other: totals },
    },
    failure_rate: { type: 'number', minimum: 0, maximum: 1, description: 'Of both models together.' },
    failures: { type: 'object', additionalProperties: { type: 'integer' }, description: 'By reason.' },
    findings: { type: 'array', items: finding },
  },
};
const sum = { success: 96, failure: 4, failure_rate: 0.04 };

export const securityReportOperation: Operation = {
  ...adminOperation,
  operationId: 'securityReport',
  summary: 'What was suspicious in a period that ends now',
  parameters: [
    {
      name: 'since',
      in: 'query',
      required: false,
      description: `An hour ago by default. ${sinceDescription}`,
      schema: text,
    },
  ],
  responses: {
    200: answers('The report', report, {
      since: '2026-01-01T00:00:00.000Z',
      until: '2026-01-01T01:00:00.000Z',
      events: { examined: 231, complete: true },
      totals: { pkce: sum, wallet: sum, other: sum },
      failure_rate: 0.04,
      failures: { code_verifier_mismatch: 4 },
      findings: [
        {
          name: 'failures_from_one_address',
          threshold: 10,
          count: 12,
          evidence: { ip: '203.0.113.7', reasons: { password_wrong: 12 } },
        },
      ],
    }),
    ...adminRefusals('field_invalid'),
  },
};

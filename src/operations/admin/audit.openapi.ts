import * as z from 'zod';
import { type Description, jsonAnswer } from '../../platform/http/description';
import { auditEventTypes, targetKinds } from '../audit/audit-event';
import { securityReport } from '../audit/security-report.schemas';
import { adminOperation, adminRefusals, pageQuery } from './admin.openapi';

const type = z.enum(Object.keys(auditEventTypes));
const event = z.object({
  id: z.string().describe('Sorts by the time.'),
  seq: z.int().min(1).describe('Counts the events in the order of writing.'),
  time: z.iso.datetime(),
  type,
  model: z.enum(['pkce', 'wallet', 'passkey']).optional(),
  client_id: z.string().optional(),
  sub: z.string().optional(),
  grant_id: z.string().optional(),
  outcome: z.enum(['success', 'failure']),
  reason: z.string().optional(),
  actor: z
    .object({ type: z.enum(['operator', 'user', 'command', 'bootstrap']), id: z.string(), name: z.string() })
    .optional()
    .describe('Who acted, in the administration.'),
  target: z
    .object({ kind: z.enum(targetKinds), id: z.string().optional() })
    .optional()
    .describe('What the actor did it to; of a read and of a refusal the route.'),
  changed: z.array(z.string()).optional().describe('The names of the fields that a change was given.'),
  ip: z.string().optional().describe('An IP address; after seven days its network.'),
  user_agent: z.string().max(256).optional(),
  duration_ms: z.number().optional(),
  request_id: z.string().optional().describe('`reqId` of the log.'),
  count: z.int().min(1).optional().describe('How many events it stands for; absent: one.'),
  aborted: z.boolean().optional().describe('Whether the connection closed before the answer was sent.'),
});
const example = {
  id: '0mjmd3kw7000ade5f60',
  seq: 4_711,
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

const times = 'A date, a time, or so long ago: `90s`, `15m`, `1h`, `7d`.';
const query = z.object({
  type: type.optional(),
  client_id: z.string().optional(),
  sub: z.string().optional(),
  ip: z.string().optional().describe('An IP address, or the network that is left of it after seven days.'),
  since: z.string().optional().describe(`From then on. ${times}`),
  until: z.string().optional().describe(`Before then. ${times}`),
  after_seq: z.int().min(0).optional().describe('Ascending, behind this `seq`; not beside `after`.'),
  ...pageQuery.shape,
});
const page = z.object({
  data: z.array(event),
  next: z.string().optional(),
  next_seq: z.int().min(0).optional().describe('The `after_seq` of the next page, where it was asked for.'),
});
const line = z.union([event, z.object({ last_seq: z.int().min(0) })]);

export const auditEventsOperation: Description = {
  ...adminOperation,
  operationId: 'listAuditEvents',
  summary: 'What happened, newest first',
  description:
    'Whoever prefers `application/x-ndjson` is sent all that match, one event a line. With `after_seq` they come ascending, each once, also those written late; then NDJSON ends with a line of the `last_seq`.',
  query,
  answers: {
    200: {
      description: 'A page, or all',
      content: {
        'application/json': { schema: page, example: { data: [example] } },
        'application/x-ndjson': { schema: line, example },
      },
    },
  },
  refusals: adminRefusals('field_invalid'),
};

const fault = z.object({
  kind: z.enum(['removed', 'changed', 'reordered', 'seal_missing']),
  after_seq: z.int().min(0).describe('Behind the event with this `seq`'),
  before_seq: z.int().min(1).describe('and before this one.'),
});
const verification = z.object({
  whole: z.boolean().describe('Whether there is no fault.'),
  from: z.int().min(0).describe('`seq` of the first event; 0 without any.'),
  to: z.int().min(0).describe('`seq` of the last event.'),
  events: z.int().min(0),
  faults: z.array(fault),
  unsealed_from: z.int().min(1).optional().describe('`seq` of the first event whose writer has not sealed it yet.'),
});
const verificationExample = {
  whole: false,
  from: 1_201,
  to: 4_711,
  events: 3_510,
  faults: [{ kind: 'removed', after_seq: 2_002, before_seq: 2_004 }],
  unsealed_from: 4_690,
};

export const verificationOperation: Description = {
  ...adminOperation,
  operationId: 'verifyAuditEvents',
  summary: 'Is the audit trail what was written?',
  answers: { 200: jsonAnswer('What was found', verification, verificationExample) },
  refusals: adminRefusals(),
};

const sum = { success: 96, failure: 4, failure_rate: 0.04 };
const reportExample = {
  since: '2026-01-01T00:00:00.000Z',
  until: '2026-01-01T01:00:00.000Z',
  events: { examined: 231, complete: true },
  totals: { pkce: sum, wallet: sum, passkey: sum, other: sum },
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
};

export const securityReportOperation: Description = {
  ...adminOperation,
  operationId: 'securityReport',
  summary: 'What was suspicious in a period that ends now',
  query: z.object({ since: z.string().optional().describe(`An hour ago by default. ${times}`) }),
  answers: { 200: jsonAnswer('The report', securityReport, reportExample) },
  refusals: adminRefusals('field_invalid'),
};

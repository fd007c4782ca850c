import * as z from 'zod';
import { type Description, jsonAnswer } from '../../platform/http/description';
import { auditEventTypes } from '../audit/audit-event';
import { securityReport } from '../audit/security-report.schemas';
import { adminOperation, adminRefusals, pageQuery } from './admin.openapi';

const type = z.enum(Object.keys(auditEventTypes));
const event = z.object({
  id: z.string().describe('Sorts by the time.'),
  time: z.iso.datetime(),
  type,
  model: z.enum(['pkce', 'wallet']).optional(),
  client_id: z.string().optional(),
  sub: z.string().optional(),
  grant_id: z.string().optional(),
  outcome: z.enum(['success', 'failure']),
  reason: z.string().optional(),
  ip: z.string().optional().describe('An IP address; after seven days its network.'),
  user_agent: z.string().max(256).optional(),
  duration_ms: z.number().optional(),
  request_id: z.string().optional().describe('`reqId` of the log.'),
  count: z.int().min(1).optional().describe('How many events it stands for; absent: one.'),
  aborted: z.boolean().optional().describe('Whether the connection closed before the answer was sent.'),
});
const example = {
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

const times = 'A date, a time, or so long ago: `90s`, `15m`, `1h`, `7d`.';
const query = z.object({
  type: type.optional(),
  client_id: z.string().optional(),
  sub: z.string().optional(),
  ip: z.string().optional().describe('An IP address, or the network that is left of it after seven days.'),
  since: z.string().optional().describe(`From then on. ${times}`),
  until: z.string().optional().describe(`Before then. ${times}`),
  ...pageQuery.shape,
});
const page = z.object({ data: z.array(event), next: z.string().optional() });

export const auditEventsOperation: Description = {
  ...adminOperation,
  operationId: 'listAuditEvents',
  summary: 'What happened, newest first',
  description: 'Whoever prefers `application/x-ndjson` is sent all that match, one event a line.',
  query,
  answers: {
    200: {
      description: 'A page, or all',
      content: {
        'application/json': { schema: page, example: { data: [example] } },
        'application/x-ndjson': { schema: event, example },
      },
    },
  },
  refusals: adminRefusals('field_invalid'),
};

const sum = { success: 96, failure: 4, failure_rate: 0.04 };
const reportExample = {
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
};

export const securityReportOperation: Description = {
  ...adminOperation,
  operationId: 'securityReport',
  summary: 'What was suspicious in a period that ends now',
  query: z.object({ since: z.string().optional().describe(`An hour ago by default. ${times}`) }),
  answers: { 200: jsonAnswer('The report', securityReport, reportExample) },
  refusals: adminRefusals('field_invalid'),
};

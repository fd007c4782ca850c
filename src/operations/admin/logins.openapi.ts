import * as z from 'zod';
import { type Description, jsonAnswer } from '../../platform/http/description';
import { adminOperation, adminRefusals, pageAnswers, pageQuery } from './admin.openapi';

const id = 'bW3nX8zL5kJ2hG9fD4sA7q';
const sub = 'kM2vQ9xR4tY7uI0oP3aS6d';
const times = { created_at: 1_767_225_600, expires_at: 1_767_268_800 };
const time = z.int().describe('Seconds since the epoch.');

const grant = z.object({
  id: z.string(),
  sub: z.string(),
  client_id: z.string(),
  model: z.enum(['pkce', 'wallet', 'client']),
  scope: z.string(),
  refreshable: z.boolean().describe('Whether it has refresh tokens.'),
  created_at: time,
  expires_at: time,
});
export type GrantAnswer = Readonly<z.infer<typeof grant>>;
const grantExample = { id, sub, client_id: 'notes', model: 'pkce', scope: 'openid', refreshable: false, ...times };

const session = z.object({
  id: z.string().describe('The `sid` of ID tokens.'),
  sub: z.string(),
  amr: z.array(z.string()).readonly(),
  browser: z.string().optional(),
  network: z.string().optional().describe('The range of IP addresses that it began from.'),
  created_at: time,
  expires_at: time,
});
export type SessionAnswer = Readonly<z.infer<typeof session>>;
const sessionExample = { id, sub, amr: ['pwd'], browser: 'Firefox on Linux', network: '203.0.113.0/24', ...times };

const named = z.object({
  sub: z.string().optional().describe('Of this subject alone.'),
  client_id: z.string().optional().describe('At this client alone.'),
});
const ended = z.object({ ended: z.int() });
/** The number of ended records. */
export type Ended = Readonly<z.infer<typeof ended>>;

export type LoginOperations = Readonly<Record<'list' | 'endAll' | 'end', Description>>;

export const grantOperations: LoginOperations = {
  list: {
    ...adminOperation,
    operationId: 'listGrants',
    summary: 'The grants that live',
    query: named.extend(pageQuery.shape),
    answers: { 200: pageAnswers('A page', grant, grantExample) },
    refusals: adminRefusals('field_invalid'),
  },
  endAll: {
    ...adminOperation,
    operationId: 'endGrants',
    summary: 'End all grants that the query names, with all their tokens',
    query: named,
    answers: { 200: jsonAnswer('How many were ended', ended, { ended: 3 }) },
    refusals: adminRefusals('query_required', 'field_invalid'),
  },
  end: {
    ...adminOperation,
    operationId: 'endGrant',
    summary: 'End a grant, with all its tokens',
    path: { id },
    answers: { 204: { description: 'It has ended' } },
    refusals: adminRefusals('record_unknown'),
  },
};

export const sessionOperations: LoginOperations = {
  list: {
    ...grantOperations.list,
    operationId: 'listSessions',
    summary: 'The sessions that live',
    answers: { 200: pageAnswers('A page', session, sessionExample) },
  },
  endAll: {
    ...grantOperations.endAll,
    operationId: 'endSessions',
    summary: 'End all sessions that the query names, and their grants but those with offline_access',
  },
  end: {
    ...grantOperations.end,
    operationId: 'endSession',
    summary: 'End a session, and its grants but those with offline_access',
  },
};

import { expect, it } from '@jest/globals';
import type { AuditEvent } from '../audit-event';
import { ChallengeFarming } from './challenge-farming';

const at = { id: '', time: '2026-01-01T00:00:00.000Z', outcome: 'success' } as const;
const ip = '198.51.100.1';

/** Newest first, as the report reads them. */
function countsOf(...events: readonly Omit<AuditEvent, keyof typeof at>[]): number[] {
  const pattern = new ChallengeFarming();
  for (const event of events) pattern.see({ ...at, ...event });
  return pattern.findings().map(({ count }) => count);
}

const redeemed = (count: number, changes: Partial<AuditEvent> = {}) =>
  Array.from({ length: count }, (_, place) => ({
    type: 'code_redeemed' as const,
    client_id: 'app',
    ip,
    challenge: `${changes.client_id} ${changes.ip} ${place}`,
    ...changes,
  }));
const issued = (count: number, changes: Partial<AuditEvent> = {}) => ({
  type: 'code_issued' as const,
  client_id: 'app',
  ip,
  count,
  ...changes,
});

it('given codes that are told as a number, when nobody redeems them, then all of them are found', () => {
  expect(countsOf(issued(280), issued(300))).toEqual([580]);
});

it.each([
  ['from the same address', {}],
  ['by a session of the login page', { type: 'session_begun', client_id: undefined } as object],
  ['by the server of their client', { ip: '203.0.113.9' }],
])('given such codes, when they are redeemed %s, then there is no finding', (_how, changes) => {
  expect(countsOf(...redeemed(300, changes), issued(300))).toEqual([]);
});

it('given an address that collects beside one that redeems, when both are told as numbers, then the one is found', () => {
  const other = '203.0.113.9';
  expect(countsOf(...redeemed(300), issued(200, { ip: other }), issued(300))).toEqual([200]);
});

it('given redemptions of another client, when codes are not redeemed, then they hide nothing', () => {
  expect(countsOf(...redeemed(300, { client_id: 'other', ip: '203.0.113.9' }), issued(100))).toEqual([100]);
});

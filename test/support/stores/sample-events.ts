import type { AuditEvent } from '../../../src/operations/audit/audit-event';
import { EventIds } from '../../../src/operations/audit/event-id';

const ids = new EventIds();

/** An event at a time (milliseconds since the epoch); `changes` add and replace its fields. */
export function sampleEvent(time: number, changes: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id: ids.next(time),
    time: new Date(time).toISOString(),
    type: 'code_issued',
    outcome: 'success',
    ...changes,
  };
}

/** One with every field. */
export function completeEvent(time: number, changes: Partial<AuditEvent> = {}): Required<AuditEvent> {
  const { id, time: at } = sampleEvent(time);
  return {
    id,
    time: at,
    type: 'request_refused',
    model: 'pkce',
    client_id: 'a client "of" \\ many – words',
    sub: 'eip155:1:0x0000000000000000000000000000000000000001',
    grant_id: 'bW3nX8zL5kJ2hG9fD4sA7q',
    outcome: 'failure',
    reason: 'code_verifier_mismatch',
    actor: { type: 'operator', id: 'pW5xA2bC8dE1fG4hI7jK0l', name: 'anna "the" first' },
    target: { kind: 'session', id: 'sN9oP3qR6sT2uV5wX8yZ1a' },
    changed: ['email', 'name'],
    ip: '203.0.113.77',
    user_agent: 'Mozilla/5.0 "quoted" {"sub":"nobody"}',
    duration_ms: 1.5,
    request_id: 'req-1',
    count: 3,
    aborted: true,
    challenge: 'k3jX0v9bQm1t',
    ...changes,
  };
}

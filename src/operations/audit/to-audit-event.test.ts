import { expect, it } from '@jest/globals';
import { bootstrap } from '../../domain/events/actor';
import type { ServiceEvent } from '../../domain/events/event';
import { toAuditEvents } from './to-audit-event';

const nonce = 'the-nonce-of-a-message';

function challengeOf(event: ServiceEvent, tried?: string): string | undefined {
  const [recorded] = toAuditEvents([event], tried === undefined ? {} : { tried }, 0, () => 'id');
  return recorded?.challenge;
}

it.each<ServiceEvent>([
  { type: 'challenge_redeemed', clientId: 'demo-dapp', sub: 'person', grantId: 'grant' },
  { type: 'session_begun', model: 'wallet', sub: 'person' },
  { type: 'wallet_linked', sub: 'person' },
])('given a message and $type by its signature, when both are recorded, then they have the same challenge', (event) => {
  const issued = challengeOf({ type: 'challenge_issued', clientId: 'demo-dapp', challengeId: nonce });

  expect(issued).toMatch(/^[\w-]+$/);
  expect(challengeOf(event, nonce)).toBe(issued);
});

const route = 'PATCH /admin/users/{id}';
const changed: ServiceEvent = { type: 'user_changed', sub: 'person', changed: ['name'] };
const refused: ServiceEvent = { type: 'request_refused', reason: 'record_unknown' };

it('given events of an operator, when they are recorded, then with actor, target and the names of fields', () => {
  const ended: ServiceEvent = {
    type: 'session_ended',
    reason: 'administrator',
    sub: 'person',
    sid: 's',
    clientIds: [],
  };

  const recorded = toAuditEvents([changed, ended, { type: 'admin_read' }], { actor: bootstrap, route }, 0, () => 'id');

  expect(recorded).toMatchObject([
    { actor: bootstrap, target: { kind: 'user' }, sub: 'person', changed: ['name'] },
    { actor: bootstrap, target: { kind: 'session', id: 's' } },
    { actor: bootstrap, target: { kind: 'route', id: route } },
  ]);
  // The id is where an erasure finds it, and nowhere else.
  expect(recorded[0]?.target).toStrictEqual({ kind: 'user' });
});

it('given a refusal after what was announced, when it is recorded, then it names what that was to change', () => {
  const [after] = toAuditEvents([refused], { actor: bootstrap, route, earlier: [changed] }, 0, () => 'id');
  const [alone] = toAuditEvents([refused], { actor: bootstrap, route }, 0, () => 'id');

  expect(after).toMatchObject({ target: { kind: 'user' }, sub: 'person', outcome: 'failure' });
  expect(alone?.target).toEqual({ kind: 'route', id: route });
});

it('given nobody who acts, when a person’s own change is recorded, then it has no actor and no target', () => {
  const [recorded] = toAuditEvents([{ type: 'passkey_added', sub: 'person' }], {}, 0, () => 'id');

  expect(recorded).not.toHaveProperty('actor');
  expect(recorded).not.toHaveProperty('target');
});

import { hostOf } from '../../../platform/http/client-address';
import type { AuditEvent } from '../audit-event';
import type { Finding } from '../security-report.schemas';
import { keyed } from './pattern';

/** A code or a signature that was right, and had been used: somebody else has it. */
export const replays = reuse(
  'replays',
  ({ type, reason }) => type === 'replay_detected' || (type === 'session_ended' && reason === 'replay'),
);

/** A refresh token that had been rotated away: it, or its successor, is with somebody else. */
export const refreshReuse = reuse(
  'refresh_reuse',
  ({ type, reason }) => type === 'request_refused' && reason === 'refresh_token_reused',
);

/** A user whose password is tried from many places, by few tries of each. */
export const guessesAtOneUser = keyed({
  name: 'guesses_at_one_user',
  threshold: 5,
  keyOf: ({ type, reason, sub }) => (type === 'request_refused' && reason === 'password_wrong' ? sub : undefined),
  lists: { hosts: ({ ip }) => (ip === undefined ? undefined : hostOf(ip)) },
  counts: 'hosts',
  evidence: (sub, { hosts }, attempts) => ({ sub, attempts, ips: hosts.list() }),
});

/** Of one client, what was used a second time by whoever had it. */
function reuse(name: Finding['name'], isReuse: (event: AuditEvent) => boolean) {
  return keyed({
    name,
    threshold: 0,
    keyOf: (event) => (isReuse(event) ? (event.client_id ?? '') : undefined),
    lists: { subs: ({ sub }) => sub, grants: ({ grant_id: grantId }) => grantId, ips: ({ ip }) => ip },
    evidence: (clientId, { subs, grants, ips }) => ({
      ...(clientId !== '' && { client_id: clientId }),
      subs: subs.list(),
      grant_ids: grants.list(),
      ips: ips.list(),
    }),
  });
}

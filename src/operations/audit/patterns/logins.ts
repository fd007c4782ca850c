import { hostOf } from '../../../platform/http/client-address';
import type { AuditEvent } from '../audit-event';
import type { Finding } from '../security-report.schemas';
import { keyed } from './pattern';

/** A right code or signature that had been used: somebody else has it. */
export const replays = reuse(
  'replays',
  ({ type, reason }) => type === 'replay_detected' || (type === 'session_ended' && reason === 'replay'),
);

/** A refresh token that had been rotated: somebody else has it or its successor. */
export const refreshReuse = reuse(
  'refresh_reuse',
  ({ type, reason }) => type === 'request_refused' && reason === 'refresh_token_reused',
);

/** A user whose password is tried from many addresses, with few attempts each. */
export const guessesAtOneUser = keyed({
  name: 'guesses_at_one_user',
  threshold: 5,
  keyOf: ({ type, reason, sub }) => (type === 'request_refused' && reason === 'password_wrong' ? sub : undefined),
  lists: { hosts: ({ ip }) => (ip === undefined ? undefined : hostOf(ip)) },
  counts: 'hosts',
  evidence: (sub, { hosts }, attempts) => ({ sub, attempts, ips: hosts.list() }),
});

/** Reuses by clients. */
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

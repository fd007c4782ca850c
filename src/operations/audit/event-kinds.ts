import type { ServiceEventType } from '../../domain/events/event';
import type { AuditEvent } from './audit-event';

/** Kinds of events that callers can cause as often as they like; each has its own limits, so that none uses up another's. */
export type Kind = 'asked' | 'issued' | 'registered' | 'security' | 'refused';

/** All others cost a login, or an operator causes them. */
const kinds: Partial<Record<ServiceEventType, Kind>> = {
  login_asked: 'asked',
  consent_asked: 'asked',
  code_issued: 'issued',
  challenge_issued: 'issued',
  client_added: 'registered',
  client_changed: 'registered',
  client_removed: 'registered',
  client_secret_added: 'registered',
  replay_detected: 'security',
  grant_revoked: 'security',
  access_token_revoked: 'security',
  session_ended: 'security',
  request_refused: 'refused',
};

/** The kind of the event; undefined for what an operator did, which a refusal by its route alone is not. */
export function kindOf({ type, reason, target }: AuditEvent, administration: boolean): Kind | undefined {
  // A frequent end-user's login ends an older grant each time: neither a sign of an attack nor anybody's decision.
  if ((administration && target?.kind !== 'route') || reason === 'limit') return undefined;
  return kinds[type];
}

/**
 * Whether it is a security event, which has half of the trail: what operators do, read and are refused, ends and replays, and
 * refusals that name their subject, such as wrong passwords.
 */
export function isSecurityEvent(event: AuditEvent, administration: boolean): boolean {
  if (event.type === 'admin_read' || event.type === 'audit_erased') return true;
  if (event.type === 'request_refused')
    return [event.sub, event.grant_id, event.actor].some((named) => named !== undefined);
  return administration || kindOf(event, administration) === 'security';
}

import type { ServiceEventType } from '../../domain/events/event';
import type { AuditEvent } from './audit-event';

/** What callers may cause as often as they like; each kind is counted for itself, so that none uses up another's room. */
export type Kind = 'asked' | 'issued' | 'registered' | 'security' | 'refused';

/** What is in none of them costs its caller a login, or is done by an operator. */
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

/** Its kind; of an event that an operator caused none. */
export function kindOf({ type, reason }: AuditEvent, administration: boolean): Kind | undefined {
  // Every login of a busy person ends an older grant: no sign of an attack, and no decision of anybody.
  if (administration || reason === 'limit') return undefined;
  return kinds[type];
}

/**
 * Whether it is a security event, which has half of the trail to itself: what operators do and read, what was ended or came
 * again, and refusals that name whom they were about, as wrong passwords do.
 */
export function isSecurityEvent(event: AuditEvent, administration: boolean): boolean {
  if (event.type === 'admin_read' || event.type === 'audit_erased') return true;
  if (event.type === 'request_refused') return event.sub !== undefined || event.grant_id !== undefined;
  return administration || kindOf(event, administration) === 'security';
}

import type { ServiceEventType } from '../../domain/events/event';

/** One event of the audit trail, by the names that the API answers. No field ever holds a credential. */
export interface AuditEvent {
  /** Sorts by the time. */
  readonly id: string;
  /** When it had happened, in UTC: `2026-01-01T00:00:00.000Z`. */
  readonly time: string;
  readonly type: ServiceEventType;
  readonly model?: 'pkce' | 'wallet';
  readonly client_id?: string;
  readonly sub?: string;
  readonly grant_id?: string;
  readonly outcome: AuditOutcome;
  readonly reason?: string;
  /** An IP address; when it is seven days old, the /24 or /48 that it lay in. */
  readonly ip?: string;
  readonly user_agent?: string;
  readonly duration_ms?: number;
  /** As `reqId` in the log. */
  readonly request_id?: string;
  /** How many events this one stands for; absent: it is one. */
  readonly count?: number;
  /** The connection closed before the answer was sent; what is told here happened all the same. */
  readonly aborted?: true;
  /** Of the code or nonce that was tried, a part of its hash: it tells two of them apart and finds neither. Not answered. */
  readonly challenge?: string;
}

export type AuditOutcome = 'success' | 'failure';

/** What is known of a type beforehand. */
interface AuditEventType {
  readonly outcome: AuditOutcome;
  /** The model that it is of; `step`: that of the endpoint where it happened, if that is of one. */
  readonly model?: 'pkce' | 'wallet' | 'step';
}

const [ofPkce, ofWallet, ofStep, ofNone] = [
  { outcome: 'success', model: 'pkce' },
  { outcome: 'success', model: 'wallet' },
  { outcome: 'success', model: 'step' },
  { outcome: 'success' },
] as const satisfies readonly AuditEventType[];

/** Every type there is; docs/audit.md lists each with its fields. */
export const auditEventTypes: Readonly<Record<ServiceEventType, AuditEventType>> = {
  login_asked: ofPkce,
  consent_asked: ofPkce,
  consent_given: ofPkce,
  code_issued: ofPkce,
  code_redeemed: ofPkce,
  client_token_issued: ofNone,
  challenge_issued: ofWallet,
  challenge_redeemed: ofWallet,
  session_begun: ofStep,
  tokens_refreshed: ofStep,
  replay_detected: { outcome: 'failure', model: 'step' },
  grant_revoked: ofStep,
  access_token_revoked: ofStep,
  session_ended: ofStep,
  client_added: ofNone,
  client_changed: ofNone,
  client_removed: ofNone,
  client_secret_added: ofNone,
  api_added: ofNone,
  api_changed: ofNone,
  api_removed: ofNone,
  api_secret_added: ofNone,
  user_added: ofNone,
  user_changed: ofNone,
  user_removed: ofNone,
  keys_rotated: ofNone,
  admin_read: ofNone,
  audit_erased: ofNone,
  request_refused: { outcome: 'failure', model: 'step' },
};

export function isAuditEventType(text: string): text is ServiceEventType {
  return Object.hasOwn(auditEventTypes, text);
}

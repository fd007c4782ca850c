import type { ServiceEventType } from '../../domain/events/event';

/** An event of the audit trail, in the API's spelling. No field ever contains a credential. */
export interface AuditEvent {
  /** Sorts by the time. */
  readonly id: string;
  /** When it happened, in UTC: `2026-01-01T00:00:00.000Z`. */
  readonly time: string;
  readonly type: ServiceEventType;
  readonly model?: 'pkce' | 'wallet';
  readonly client_id?: string;
  readonly sub?: string;
  readonly grant_id?: string;
  readonly outcome: AuditOutcome;
  readonly reason?: string;
  /** An IP address; after seven days only its /24 or /48. */
  readonly ip?: string;
  readonly user_agent?: string;
  readonly duration_ms?: number;
  /** `reqId` in the log. */
  readonly request_id?: string;
  /** The number of events that an aggregate stands for; absent: one. */
  readonly count?: number;
  /** The connection closed before the response was sent; the event happened all the same. */
  readonly aborted?: true;
  /** Part of the hash of the used code or nonce: enough to compare two, too little to find one. Not returned by the API. */
  readonly challenge?: string;
}

export type AuditOutcome = 'success' | 'failure';

/** Properties of an event type. */
interface AuditEventType {
  readonly outcome: AuditOutcome;
  /** The model of the event; `step`: that of the endpoint's step. */
  readonly model?: 'pkce' | 'wallet' | 'step';
}

const [ofPkce, ofWallet, ofStep, ofNone] = [
  { outcome: 'success', model: 'pkce' },
  { outcome: 'success', model: 'wallet' },
  { outcome: 'success', model: 'step' },
  { outcome: 'success' },
] as const satisfies readonly AuditEventType[];

/** Every event type; docs/audit.md lists each with its fields. */
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

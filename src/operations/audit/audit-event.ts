import type { Actor } from '../../domain/events/actor';
import type { ServiceEventType } from '../../domain/events/event';
import type { SessionModel } from '../../domain/identity/authentication';

/** An event of the audit trail, in the API's spelling. No field ever contains a credential. */
export interface AuditEvent {
  /** Sorts by the time. */
  readonly id: string;
  /** When it happened, in UTC: `2026-01-01T00:00:00.000Z`. */
  readonly time: string;
  readonly type: ServiceEventType;
  readonly model?: SessionModel;
  readonly client_id?: string;
  readonly sub?: string;
  readonly grant_id?: string;
  readonly outcome: AuditOutcome;
  readonly reason?: string;
  /** Who did it, of the administration. */
  readonly actor?: Actor;
  /** What it was done to, of the administration. */
  readonly target?: Target;
  /** Names of the fields that a change was given, sorted. */
  readonly changed?: readonly string[];
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

/** What an event of the administration is about. */
export interface Target {
  readonly kind: TargetKind;
  /** Stored only where no other field of the event has it (see {@link targetFields}), so that an erasure need not look here. */
  readonly id?: string;
}

export const targetKinds = ['client', 'api', 'user', 'operator', 'grant', 'session', 'key', 'link', 'route'] as const;

export type TargetKind = (typeof targetKinds)[number];

/** The field that has the id of a target of this kind. */
export const targetFields = {
  client: 'client_id',
  api: 'client_id',
  user: 'sub',
  grant: 'grant_id',
  link: 'sub',
} as const satisfies Partial<Record<TargetKind, keyof AuditEvent>>;

export type AuditOutcome = 'success' | 'failure';

/** Properties of an event type. */
interface AuditEventType {
  readonly outcome: AuditOutcome;
  /** The model of the event; `step`: that of the endpoint's step. */
  readonly model?: SessionModel | 'step';
  /** What an operator who causes one has done something to. */
  readonly target?: TargetKind;
}

const [ofPkce, ofWallet, ofStep, ofNone, ofClient, ofApi, ofUser, ofOperator] = [
  { outcome: 'success', model: 'pkce' },
  { outcome: 'success', model: 'wallet' },
  { outcome: 'success', model: 'step' },
  { outcome: 'success' },
  { outcome: 'success', target: 'client' },
  { outcome: 'success', target: 'api' },
  { outcome: 'success', target: 'user' },
  { outcome: 'success', target: 'operator' },
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
  grant_revoked: { ...ofStep, target: 'grant' },
  access_token_revoked: ofStep,
  session_ended: { ...ofStep, target: 'session' },
  client_added: ofClient,
  client_changed: ofClient,
  client_removed: ofClient,
  client_secret_added: ofClient,
  api_added: ofApi,
  api_changed: ofApi,
  api_removed: ofApi,
  api_secret_added: ofApi,
  operator_added: ofOperator,
  operator_changed: ofOperator,
  operator_removed: ofOperator,
  operator_token_added: ofOperator,
  user_added: ofUser,
  user_changed: ofUser,
  user_removed: ofUser,
  passkey_added: ofUser,
  passkey_renamed: ofUser,
  passkey_removed: ofUser,
  passkey_suspected: { outcome: 'failure', model: 'passkey', target: 'user' },
  passkey_trusted: ofUser,
  wallet_linked: ofUser,
  wallet_unlinked: ofUser,
  password_changed: ofUser,
  password_removed: ofUser,
  recovery_codes_made: ofUser,
  recovery_code_used: ofUser,
  email_changed: ofUser,
  email_verified: ofUser,
  link_made: { outcome: 'success', target: 'link' },
  link_used: ofUser,
  user_signed_up: ofUser,
  keys_rotated: { outcome: 'success', target: 'key' },
  admin_read: { outcome: 'success', target: 'route' },
  audit_erased: ofNone,
  request_refused: { outcome: 'failure', model: 'step', target: 'route' },
};

export function isAuditEventType(text: string): text is ServiceEventType {
  return Object.hasOwn(auditEventTypes, text);
}

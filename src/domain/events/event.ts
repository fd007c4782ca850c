import type { SessionModel } from '../identity/authentication';

/** Whom an event is about: ids that may be logged and kept, never a credential. */
interface Concerned {
  readonly clientId: string;
  /** A user id, or the CAIP-10 id of an account. */
  readonly sub: string;
  readonly grantId: string;
}

/** A change by an operator. */
interface Given {
  /** Names of the fields that were given, in the API's spelling, sorted. */
  readonly changed?: readonly string[];
}

/** A new challenge. */
interface Issued {
  /** Id of the challenge's record: the hash of a code, or a nonce. */
  readonly challengeId: string;
}

/**
 * Who ended a session or grants: the end-user, by logging out or on the account page; the operator; or the client, at `/revoke`
 * or by its removal.
 */
export type EndingReason = 'replay' | 'logout' | 'account' | 'administrator' | 'client';

/** Why a grant was revoked; `limit`: a newer one of the same subject and client replaced it. */
export type RevocationReason = EndingReason | 'refresh_token_reused' | 'limit';

/**
 * What happened, as the flow reports it. A type contains all that its event may carry: names and ids of ours, no code,
 * verifier, token, signature, password or secret.
 */
export type ServiceEvent =
  /** A page precedes the code: the login or the consent. */
  | ({ readonly type: 'login_asked' } & Pick<Concerned, 'clientId'>)
  | ({ readonly type: 'consent_asked' } & Pick<Concerned, 'clientId' | 'sub'>)
  | ({ readonly type: 'consent_given' } & Pick<Concerned, 'clientId' | 'sub'>)
  | ({ readonly type: 'code_issued' } & Pick<Concerned, 'clientId' | 'sub'> & Issued)
  | ({ readonly type: 'code_redeemed' } & Concerned)
  /** A client credentials grant; `sub` is the client. */
  | ({ readonly type: 'client_token_issued' } & Concerned)
  | ({ readonly type: 'challenge_issued' } & Pick<Concerned, 'clientId'> & Issued)
  | ({ readonly type: 'challenge_redeemed' } & Concerned)
  | ({ readonly type: 'session_begun'; readonly model: SessionModel } & Pick<Concerned, 'sub'>)
  /** `repeated`: a concurrent duplicate or a retry, which got the existing successor. */
  | ({ readonly type: 'tokens_refreshed'; readonly repeated: boolean } & Concerned)
  /** A right proof for a challenge that was redeemed a while ago. */
  | ({ readonly type: 'replay_detected' } & Concerned)
  | ({ readonly type: 'grant_revoked'; readonly reason: RevocationReason } & Concerned)
  /** Only this access token; its grant stays live. */
  | ({ readonly type: 'access_token_revoked' } & Concerned)
  /** `sid`: the session's name in ID tokens; `clientIds`: clients with grants of it, or to be notified by back-channel logout. */
  | ({
      readonly type: 'session_ended';
      readonly reason: EndingReason;
      readonly sid: string;
      readonly clientIds: readonly string[];
    } & Pick<Concerned, 'sub'>)
  /** A change by the operator, by the API or a command; or by a self-registered client to itself. */
  | ({
      readonly type: 'client_added' | 'client_changed' | 'client_removed' | 'client_secret_added';
      readonly clientId: string;
    } & Given)
  | ({
      readonly type: 'api_added' | 'api_changed' | 'api_removed' | 'api_secret_added';
      readonly apiId: string;
    } & Given)
  | ({ readonly type: 'user_added' | 'user_changed' | 'user_removed'; readonly sub: string } & Given)
  | ({
      readonly type: 'operator_added' | 'operator_changed' | 'operator_removed' | 'operator_token_added';
      readonly operatorId: string;
    } & Given)
  /** A change of a person's ways in, by themselves, a link or an operator. */
  | ({ readonly type: PersonEventType } & Pick<Concerned, 'sub'> & Given)
  /** `keyId`: the new key of the configured algorithm; each other algorithm has one, too. */
  | ({ readonly type: 'keys_rotated'; readonly immediately: boolean; readonly keyId: string } & Given)
  /** An administration request that caused no other event: a read, or one that found nothing to end. */
  | { readonly type: 'admin_read' }
  /** An end-user's data was erased from the audit trail; `count`: the events affected. */
  | { readonly type: 'audit_erased'; readonly count: number }
  /**
   * Any error response; `reason` is from docs/errors.md, or the error code where it has none. `sub`: whose login was tried, not
   * who tried.
   */
  | ({ readonly type: 'request_refused'; readonly reason: string } & Whom);

export type PersonEventType =
  | 'passkey_added'
  | 'passkey_renamed'
  | 'passkey_removed'
  /** Its counter went back. */
  | 'passkey_suspected'
  | 'passkey_trusted'
  | 'wallet_linked'
  | 'wallet_unlinked'
  | 'password_changed'
  | 'password_removed'
  | 'recovery_codes_made'
  | 'recovery_code_used'
  | 'email_changed'
  | 'email_verified'
  | 'link_made'
  | 'link_used'
  | 'user_signed_up';

/** Whom a request is about, as far as known before it succeeds: ids of existing records, never untrusted input. */
export type Whom = Partial<Pick<Concerned, 'clientId' | 'sub'>>;

export type ServiceEventType = ServiceEvent['type'];

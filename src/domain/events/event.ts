import type { LoginModel } from '../identity/authentication';

/** Who is meant: ids that may be logged and kept, never a credential. */
interface Concerned {
  readonly clientId: string;
  /** A user id, or the CAIP-10 id of an account. */
  readonly sub: string;
  readonly grantId: string;
}

/** What can be redeemed from now on. */
interface Issued {
  /** Of the challenge's record: the hash of a code, or a nonce. */
  readonly challengeId: string;
}

/** Who ended a session, or grants with it or without: its end-user, by signing out or at the account's page, the operator, or the client, at `/revoke` or by its removal. */
export type EndingReason = 'replay' | 'logout' | 'account' | 'administrator' | 'client';

/** Why a grant was ended; `limit`: by a newer one of the same subject and client. */
export type RevocationReason = EndingReason | 'refresh_token_reused' | 'limit';

/**
 * What happened, as the one who did it says it. A type holds all that its event may carry: names and ids of ours, no
 * code, verifier, token, signature, password or secret.
 */
export type ServiceEvent =
  /** Before a code can be issued, a page comes: the login, or the consent. */
  | ({ readonly type: 'login_asked' } & Pick<Concerned, 'clientId'>)
  | ({ readonly type: 'consent_asked' } & Pick<Concerned, 'clientId' | 'sub'>)
  | ({ readonly type: 'consent_given' } & Pick<Concerned, 'clientId' | 'sub'>)
  | ({ readonly type: 'code_issued' } & Pick<Concerned, 'clientId' | 'sub'> & Issued)
  | ({ readonly type: 'code_redeemed' } & Concerned)
  /** In its own name; `sub` is the client. */
  | ({ readonly type: 'client_token_issued' } & Concerned)
  | ({ readonly type: 'challenge_issued' } & Pick<Concerned, 'clientId'> & Issued)
  | ({ readonly type: 'challenge_redeemed' } & Concerned)
  | ({ readonly type: 'session_begun'; readonly model: LoginModel } & Pick<Concerned, 'sub'>)
  /** `repeated`: a concurrent duplicate or a retry, which got the successor that was there. */
  | ({ readonly type: 'tokens_refreshed'; readonly repeated: boolean } & Concerned)
  /** A proof that was right, of a challenge that had been redeemed a while ago. */
  | ({ readonly type: 'replay_detected' } & Concerned)
  | ({ readonly type: 'grant_revoked'; readonly reason: RevocationReason } & Concerned)
  /** An access token alone; its grant lives on. */
  | ({ readonly type: 'access_token_revoked' } & Concerned)
  /** `sid`: as ID tokens name the session; `clientIds`: those that had grants of it, or are told by a back-channel logout. */
  | ({
      readonly type: 'session_ended';
      readonly reason: EndingReason;
      readonly sid: string;
      readonly clientIds: readonly string[];
    } & Pick<Concerned, 'sub'>)
  /** What the operator did, by the API or a command; or a client about itself, where it registered itself. */
  | {
      readonly type: 'client_added' | 'client_changed' | 'client_removed' | 'client_secret_added';
      readonly clientId: string;
    }
  | { readonly type: 'api_added' | 'api_changed' | 'api_removed' | 'api_secret_added'; readonly apiId: string }
  | { readonly type: 'user_added' | 'user_changed' | 'user_removed'; readonly sub: string }
  | { readonly type: 'keys_rotated'; readonly immediately: boolean }
  /** A request of the administration that left nothing else to tell: a read, or one that found nothing to end. */
  | { readonly type: 'admin_read' }
  /** What was kept of a person in the audit trail is gone; `count`: from so many events. */
  | { readonly type: 'audit_erased'; readonly count: number }
  /**
   * An error response of any kind; `reason` is that of docs/errors.md, or the error code where it has none. `sub`: whose
   * login was tried, not who tried.
   */
  | ({ readonly type: 'request_refused'; readonly reason: string } & Whom);

/** Whom a request is about, as far as that is known before it has succeeded: ids of what there is, never what was sent. */
export type Whom = Partial<Pick<Concerned, 'clientId' | 'sub'>>;

export type ServiceEventType = ServiceEvent['type'];

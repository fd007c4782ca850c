import type { Page, PageRequest } from '../../platform/storage/page';
import type { ChallengeKind } from './challenge';
import type { Grant, RefreshState, RevokedToken } from './grant';

/** What a grant must be for its refresh token to be rotated. */
export interface RotationMatch {
  readonly clientId: string;
  /** SHA-256 of the secret that was shown, base64url. */
  readonly current: string;
  /** Names of which its scope must hold one; none: whatever it holds. */
  readonly scope: readonly string[];
  /** The key that was proven, if any: a grant whose refresh tokens are bound to a key must have this one. */
  readonly jkt?: string | undefined;
}

/** What a rotation writes: the lifetime of the family stays what it was, and without `jkt` its key. */
export type Rotated = Required<Omit<RefreshState, 'expiresAt' | 'jkt'>> & Pick<RefreshState, 'jkt'>;

/** Which grants are meant: those that agree with every given field. */
export interface GrantQuery {
  readonly sub?: string;
  readonly clientId?: string;
  /** Narrows those of a subject or a client, which an index finds. */
  readonly sessionId?: string;
  /** Whether it has a refresh token. */
  readonly refreshable?: boolean;
}

/**
 * The grants; they begin by the redemption of a challenge (ChallengeStore.redeem) and nowhere else.
 * Every method rejects with StoreUnavailableError when the database does not answer in time.
 */
export abstract class GrantStore {
  /** The grant, ended or not. */
  abstract find(id: string): Promise<Grant | undefined>;

  /**
   * What this challenge became. Where deletion and grant are two steps of the database it looks again, for up to 200 ms:
   * a challenge that is just being redeemed is not told as one that never was.
   */
  abstract findSuccessor(kind: ChallengeKind, challengeId: string): Promise<Grant | undefined>;

  /**
   * The grants that live at `now` (milliseconds since the epoch), page by page in an order of the store's own.
   * Throws: PlaceUnknownError.
   */
  abstract list(query: GrantQuery, page: PageRequest, now: number): Promise<Page<Grant>>;

  /** The sessions that have grants at the client which have not ended: up to `limit` ids in their order, after `after`. */
  abstract sessionIdsOf(clientId: string, limit: number, after?: string): Promise<string[]>;

  /**
   * Replaces the current refresh secret in one conditional update, if the grant agrees with `match`, is not revoked, and
   * its refresh tokens have not expired at `now` (milliseconds since the epoch). Returns the grant as it is then; of any
   * number of callers with one secret, exactly one gets it.
   */
  abstract rotate(id: string, match: RotationMatch, rotated: Rotated, now: number): Promise<Grant | undefined>;

  /** Sets when the challenge was redeemed: for the comparison, which makes its own grants old instead of waiting. */
  abstract backdate(id: string, createdAt: number): Promise<void>;

  /** Ends the grant; true when it was not ended before. */
  abstract revoke(id: string, now: number): Promise<boolean>;

  /** Ends all of these grants, and returns the ids of those that were not ended before. */
  abstract revokeAll(ids: readonly string[], now: number): Promise<string[]>;

  /**
   * Remembers in the grant that this access token of it is revoked, until it expires. False when the grant remembers as
   * many as it may (`revokedTokensAtMost`), or has ended.
   */
  abstract revokeToken(id: string, token: RevokedToken, now: number): Promise<boolean>;
}

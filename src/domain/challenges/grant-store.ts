import type { Page, PageRequest } from '../../platform/storage/page';
import type { ChallengeKind } from './challenge';
import type { Grant, RefreshState, RevokedToken } from './grant';

/** Conditions on a grant for rotating its refresh token. */
export interface RotationMatch {
  readonly clientId: string;
  /** SHA-256 of the shown secret, base64url. */
  readonly current: string;
  /** The grant's scope must contain one of these names; empty: no condition. */
  readonly scope: readonly string[];
  /** The proven key, if any: a grant whose refresh tokens are bound to a key must have this one. */
  readonly jkt?: string | undefined;
}

/** What a rotation writes. The lifetime of the family stays; without `jkt` its key does, too. */
export type Rotated = Required<Omit<RefreshState, 'expiresAt' | 'jkt'>> & Pick<RefreshState, 'jkt'>;

/** Selects the grants that equal every given field. */
export interface GrantQuery {
  readonly sub?: string;
  readonly clientId?: string;
  /** Narrows a query by subject or client, which have an index. */
  readonly sessionId?: string;
  /** Whether the grant has a refresh token. */
  readonly refreshable?: boolean;
}

/**
 * The grants. They begin only by ChallengeStore.redeem or ChallengeStore.begin. Every method rejects with StoreUnavailableError
 * when the database does not answer in time.
 */
export abstract class GrantStore {
  /** The grant, revoked or not. */
  abstract find(id: string): Promise<Grant | undefined>;

  /**
   * The grant of a redeemed challenge. Where deletion and grant are two database steps, it retries for up to 1.3 s, so that a
   * challenge in redemption is not reported as unknown.
   */
  abstract findSuccessor(kind: ChallengeKind, challengeId: string): Promise<Grant | undefined>;

  /**
   * The grants that are live at `now` (milliseconds since the epoch), page by page in the store's own order. Throws:
   * PlaceUnknownError.
   */
  abstract list(query: GrantQuery, page: PageRequest, now: number): Promise<Page<Grant>>;

  /** Ids of the sessions with live grants at the client: up to `limit`, ordered, after `after`. */
  abstract sessionIdsOf(clientId: string, limit: number, after?: string): Promise<string[]>;

  /**
   * Replaces the current refresh secret in one conditional update, if the grant satisfies `match`, is not revoked, and its
   * refresh tokens have not expired at `now` (milliseconds since the epoch). Returns the updated grant; of any number of
   * callers with one secret, exactly one gets it.
   */
  abstract rotate(id: string, match: RotationMatch, rotated: Rotated, now: number): Promise<Grant | undefined>;

  /** Sets the time of redemption: the comparison ages its own grants instead of waiting. */
  abstract backdate(id: string, createdAt: number): Promise<void>;

  /** Revokes the grant; true when it was not revoked before. */
  abstract revoke(id: string, now: number): Promise<boolean>;

  /** Revokes all of these grants; returns the ids of those that were not revoked before. */
  async revokeAll(ids: readonly string[], now: number): Promise<string[]> {
    const revoked = await Promise.all(ids.map((id) => this.revoke(id, now)));
    return ids.filter((_id, index) => revoked[index]);
  }

  /**
   * Records in the grant that this one access token is revoked, until the token expires. False when the grant already has
   * `revokedTokensAtMost` of them or is revoked.
   */
  abstract revokeToken(id: string, token: RevokedToken, now: number): Promise<boolean>;
}

import type { ChallengeKind } from './challenge';

/** What is remembered of a spent challenge, so that a replay is told from a guess and what it issued can be revoked. */
export interface Tombstone {
  readonly kind: ChallengeKind;
  /** The id of the challenge. */
  readonly id: string;
  readonly grantId: string;
  readonly clientId: string;
  /** Milliseconds since the epoch. */
  readonly spentAt: number;
  /** When the last token issued from it has expired. Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** What verified an authorization code. */
  readonly codeChallenge?: string;
  /** What verified a wallet challenge: the account and the message that it signed. */
  readonly wallet?: string;
  readonly chainId?: number;
  readonly message?: string;
  /** Of a refresh token: its successor, sealed under the token itself. */
  readonly successor?: string;
}

/**
 * Remembers spent challenges. A flow leaves the tombstone when the proof has been verified and before it consumes, so
 * that there is no moment in which a challenge is neither alive nor known to be spent; the live record stays the only
 * truth about whether it can be redeemed.
 * Every method rejects with StoreUnavailableError when the database does not answer in time.
 */
export abstract class TombstoneStore {
  /**
   * Stores the tombstone, or, when one stands for this challenge already, moves its `spentAt` and keeps the rest.
   * Returns what is stored: of several callers at once, all see the first one's `successor`.
   */
  abstract leave(tombstone: Tombstone): Promise<Tombstone>;

  /** The tombstone, unless it has expired at `now`. */
  abstract find(kind: ChallengeKind, id: string, now: number): Promise<Tombstone | undefined>;
}

/** A twin of the request that won (a doubled effect, a retry in flight) may be this late and is still no attack. */
const twinWithinMs = 2_000;

/** True when a spent challenge came again (`arrivedAt`: milliseconds since the epoch) so late that a right proof means theft. */
export function isReplay({ spentAt }: Tombstone, arrivedAt: number): boolean {
  return arrivedAt - spentAt > twinWithinMs;
}

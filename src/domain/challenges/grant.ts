import type { GrantedAudience } from '../apis/granted-audience';
import type { Authentication, LoginModel } from '../identity/authentication';
import { hashSecret } from '../credentials/secret';
import type { ChallengeKind } from './challenge';

/** What began a grant: a login of one of the models, or a client by itself. */
export type GrantModel = LoginModel | 'client';

/** What proved the code's holder: the `code_challenge` that the verifier hashed to. Source: RFC 7636 §4.6. */
export interface CodeProof {
  readonly codeChallenge: string;
}

/** What proved the account: hashes that a replay can be recognised by, and no signature. */
export interface SignatureProof {
  /** In EIP-55. */
  readonly wallet: string;
  readonly chainId: number;
  /** The EIP-191 hash of the message that was signed, hex without prefix. */
  readonly messageHash: string;
  /** SHA-256 of the signature that was redeemed, base64url. */
  readonly signatureHash: string;
  /** Of a challenge that asked for both: what the verifier hashed to. Source: RFC 7636 §4.6. */
  readonly codeChallenge?: string;
}

/** What of its refresh tokens a grant knows: hashes, and the way back to a successor whose answer was lost. */
export interface RefreshState {
  /** SHA-256 of what all refresh tokens of the grant share, base64url: it tells a former token from a made-up one. */
  readonly family: string;
  /** SHA-256 of the secret that the next refresh must show, base64url. */
  readonly current: string;
  /** That of the one before it. */
  readonly previous?: string;
  /** The current token, encrypted under the one before it. */
  readonly successor?: string;
  readonly rotatedAt?: number;
  readonly expiresAt: number;
  /** The RFC 7638 thumbprint of the key that a public client must prove to refresh. Source: RFC 9449 §5. */
  readonly jkt?: string;
}

/** An access token that was revoked while its grant lives on. */
export interface RevokedToken {
  readonly jti: string;
  readonly expiresAt: number;
}

/**
 * What one login gave one client, from its first token to its last: one record, however often it is refreshed. Times are
 * in milliseconds since the epoch.
 */
export interface Grant {
  /** Derived from the challenge that became it; see {@link successorId}. */
  readonly id: string;
  readonly model: GrantModel;
  readonly clientId: string;
  /** Of all resources. */
  readonly scope: readonly string[];
  /** Absent: this server alone. */
  readonly audience?: GrantedAudience;
  readonly authentication: Authentication;
  readonly proof: CodeProof | SignatureProof;
  /** Of the session in whose browser it began; a wallet login of the API has none. */
  readonly sessionId?: string;
  /** When its challenge was redeemed. */
  readonly createdAt: number;
  /** When the last token that it can issue has expired; until then a replay of its challenge is recognised. */
  readonly expiresAt: number;
  /** Present: it was ended, and none of its tokens is worth anything. */
  readonly revokedAt?: number;
  /** Access tokens that were revoked alone and have not expired. */
  readonly revokedTokens?: readonly RevokedToken[];
  /** Absent: it has no refresh tokens. */
  readonly refresh?: RefreshState;
}

/** A grant at its first moment, with the refresh token that no record holds. */
export interface BegunGrant {
  readonly grant: Grant;
  readonly refreshToken?: string;
}

/**
 * The id of what a challenge becomes, a grant or a session: 22 characters of base64url, 132 bits of a SHA-256. Whoever
 * replays a challenge leads there directly, and one challenge cannot become two.
 */
export function successorId(kind: ChallengeKind, id: string): string {
  return hashSecret(`${kind}:${id}`).slice(0, 22);
}

/** A concurrent duplicate of the request that won, or its retry in flight, may arrive this late and is still no attack. */
const duplicateWithinMs = 2_000;

/** True when a redeemed challenge came again (`arrivedAt`: milliseconds since the epoch) so late that a right proof means theft. */
export function isReplay({ createdAt }: Pick<Grant, 'createdAt'>, arrivedAt: number): boolean {
  return arrivedAt - createdAt > duplicateWithinMs;
}

/** So many live grants one subject has at one client, of those with and of those without a refresh token; the next ends the oldest. */
export const liveGrantsAtMost = 50;
/** So many grants over the limit end at once: more of them go by and by. */
export const endedAtOnce = 100;
/** So many live access tokens of one grant are revoked one by one; the next ends the grant. */
export const revokedTokensAtMost = 32;

/** The limit counts those with and those without a refresh token apart. */
export type LimitedKind = 'access' | 'refresh';

export function limitedKindOf({ refresh }: Pick<Grant, 'refresh'>): LimitedKind {
  return refresh === undefined ? 'access' : 'refresh';
}

/**
 * Until when the record of a grant must be kept that ends at `now` and whose tokens live as long as this one's: while the last
 * of them may be shown, its challenge is known to have been redeemed.
 */
export function rememberedUntil({ expiresAt, createdAt, refresh }: Grant, now: number): number {
  return now + expiresAt - (refresh?.expiresAt ?? createdAt);
}

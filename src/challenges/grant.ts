import type { GrantedAudience } from '../apis/granted-audience';
import type { Authentication, LoginModel } from '../identity/authentication';
import { hashSecret } from '../credentials/secret';
import type { ChallengeKind } from './challenge';

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
}

/**
 * What one login gave one client, from its first token to its last: one record, however often it is refreshed. Times are
 * in milliseconds since the epoch.
 */
export interface Grant {
  /** Derived from the challenge that became it; see {@link successorId}. */
  readonly id: string;
  readonly model: LoginModel;
  readonly clientId: string;
  /** Of all resources. */
  readonly scope: readonly string[];
  /** Absent: this server alone. */
  readonly audience?: GrantedAudience;
  readonly authentication: Authentication;
  readonly proof: CodeProof | SignatureProof;
  /** When its challenge was redeemed. */
  readonly createdAt: number;
  /** When the last token that it can issue has expired; until then a replay of its challenge is recognised. */
  readonly expiresAt: number;
  /** Present: it was ended, and none of its tokens is worth anything. */
  readonly revokedAt?: number;
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

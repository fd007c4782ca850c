import * as z from 'zod';
import { hash, hexHash, list, optional, record, type RecordType, time } from '../../platform/storage/record-schema';
import { grantedAudienceSchema } from '../apis/granted-audience';
import { authenticationSchema } from '../identity/authentication';
import { hashSecret } from '../credentials/secret';
import type { ChallengeKind } from './challenge';

/** What proved the owner of the code: the `code_challenge` that the verifier hashed to. Source: RFC 7636 §4.6. */
const codeProofSchema = record({
  codeChallenge: hash,
});

/** What proved the account: hashes that identify a replay, never the signature. */
export type SignatureProof = z.infer<typeof signatureProofSchema>;

const signatureProofSchema = record({
  /** In EIP-55. */
  wallet: z.string(),
  chainId: z.number(),
  /** EIP-191 hash of the signed message, hex without prefix. */
  messageHash: hexHash,
  /** SHA-256 of the redeemed signature, base64url. */
  signatureHash: hash,
  /** Of a challenge that also demanded a verifier: the hash of that verifier. Source: RFC 7636 §4.6. */
  codeChallenge: optional(hash),
});

/** What a grant knows of its refresh tokens: hashes, and the encrypted successor for a retry whose answer was lost. */
export type RefreshState = z.infer<typeof refreshStateSchema>;

const refreshStateSchema = record({
  /** SHA-256 of the part that all refresh tokens of the grant share, base64url: distinguishes a former token from a forged one. */
  family: z.string(),
  /** SHA-256 of the secret that the next refresh must show, base64url. */
  current: z.string(),
  /** SHA-256 of the previous secret, base64url. */
  previous: optional(z.string()),
  /** The current token, encrypted under the previous one. */
  successor: optional(z.string()),
  rotatedAt: optional(time),
  expiresAt: time,
  /** RFC 7638 thumbprint of the key that a public client must prove to refresh. Source: RFC 9449 §5. */
  jkt: optional(z.string()),
});

/** An access token that was revoked while its grant stays live. */
export type RevokedToken = z.infer<typeof revokedTokenSchema>;

const revokedTokenSchema = record({
  jti: z.string(),
  expiresAt: time,
});

/**
 * What one login gave one client, from its first token to its last: one record, however often it is refreshed. Times are in
 * milliseconds since the epoch.
 */
export type Grant = z.infer<typeof grantSchema>;

const grantSchema = record({
  /** Derived from the redeemed challenge; see {@link grantIdFor}. */
  id: z.string(),
  /** What began it: a login by one of the models, or a client on its own behalf. */
  model: z.enum(['pkce', 'wallet', 'client']),
  clientId: z.string(),
  /** The scopes at all resources. */
  scope: list(z.string()),
  /** Absent: this server alone. */
  audience: optional(grantedAudienceSchema),
  authentication: authenticationSchema,
  proof: z.union([signatureProofSchema, codeProofSchema]),
  /** The browser session in which it began; absent for a wallet login by the API. */
  sessionId: optional(z.string()),
  /** When its challenge was redeemed. */
  createdAt: time,
  /** When the last token that it can issue has expired; until then a replay of its challenge is detected. */
  expiresAt: time,
  /** Present: it was revoked, and none of its tokens is valid. */
  revokedAt: optional(time),
  /** Access tokens that were revoked singly and have not expired. */
  revokedTokens: optional(list(revokedTokenSchema)),
  /** Absent: it has no refresh tokens. */
  refresh: optional(refreshStateSchema),
});

export const grantRecords: RecordType<Grant> = { name: 'grants', schema: grantSchema, key: 'id' };

/** A new grant, with the plain refresh token, which no record holds. */
export interface BegunGrant {
  readonly grant: Grant;
  readonly refreshToken?: string;
}

/**
 * The id of a challenge's successor, a grant or a session: 22 characters of base64url, 132 bits of a SHA-256. A replay finds
 * the successor directly, and one challenge cannot become two.
 */
export function grantIdFor(kind: ChallengeKind, id: string): string {
  return hashSecret(`${kind}:${id}`).slice(0, 22);
}

/** A concurrent duplicate or a retry in flight may arrive this late without being an attack. */
const duplicateWithinMs = 2_000;

/** True when a redeemed challenge came again (`arrivedAt`: milliseconds since the epoch) so late that a right proof means theft. */
export function isReplay({ createdAt }: Pick<Grant, 'createdAt'>, arrivedAt: number): boolean {
  return arrivedAt - createdAt > duplicateWithinMs;
}

/** Most live grants of one subject at one client, counted apart with and without a refresh token; the next one revokes the oldest. */
export const liveGrantsAtMost = 50;
/** Most grants over the limit that are revoked at once; further ones follow with later logins. */
export const endedAtOnce = 100;
/** Most access tokens of one grant that are revoked singly; the next revokes the grant. */
export const revokedTokensAtMost = 32;

/** Grants with and without a refresh token are counted apart. */
export type LimitedKind = 'access' | 'refresh';

export function limitedKindOf({ refresh }: Pick<Grant, 'refresh'>): LimitedKind {
  return refresh === undefined ? 'access' : 'refresh';
}

/**
 * Until when the record of a grant revoked at `now` must be kept: as long as its tokens could be shown, a replay of its
 * challenge must be detected.
 */
export function rememberedUntil({ expiresAt, createdAt, refresh }: Grant, now: number): number {
  return now + expiresAt - (refresh?.expiresAt ?? createdAt);
}

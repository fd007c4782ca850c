import * as z from 'zod';
import { hash, hexHash, list, optional, record, type RecordType, time } from '../../platform/storage/record-schema';
import { grantedAudienceSchema } from '../apis/granted-audience';
import { authenticationSchema, type LoginModel } from '../identity/authentication';
import { hashSecret } from '../credentials/secret';
import type { ChallengeKind } from './challenge';

/** What began a grant: a login of one of the models, or a client by itself. */
export type GrantModel = LoginModel | 'client';

/** What proved the code's holder: the `code_challenge` that the verifier hashed to. Source: RFC 7636 §4.6. */
export type CodeProof = z.infer<typeof codeProofSchema>;

const codeProofSchema = record({
  codeChallenge: hash,
});

/** What proved the account: hashes that a replay can be recognised by, and no signature. */
export type SignatureProof = z.infer<typeof signatureProofSchema>;

const signatureProofSchema = record({
  /** In EIP-55. */
  wallet: z.string(),
  chainId: z.number(),
  /** The EIP-191 hash of the message that was signed, hex without prefix. */
  messageHash: hexHash,
  /** SHA-256 of the signature that was redeemed, base64url. */
  signatureHash: hash,
  /** Of a challenge that asked for both: what the verifier hashed to. Source: RFC 7636 §4.6. */
  codeChallenge: optional(hash),
});

/** What of its refresh tokens a grant knows: hashes, and the way back to a successor whose answer was lost. */
export type RefreshState = z.infer<typeof refreshStateSchema>;

const refreshStateSchema = record({
  /** SHA-256 of what all refresh tokens of the grant share, base64url: it tells a former token from a made-up one. */
  family: z.string(),
  /** SHA-256 of the secret that the next refresh must show, base64url. */
  current: z.string(),
  /** That of the one before it. */
  previous: optional(z.string()),
  /** The current token, encrypted under the one before it. */
  successor: optional(z.string()),
  rotatedAt: optional(time),
  expiresAt: time,
  /** The RFC 7638 thumbprint of the key that a public client must prove to refresh. Source: RFC 9449 §5. */
  jkt: optional(z.string()),
});

/** An access token that was revoked while its grant lives on. */
export type RevokedToken = z.infer<typeof revokedTokenSchema>;

const revokedTokenSchema = record({
  jti: z.string(),
  expiresAt: time,
});

/**
 * What one login gave one client, from its first token to its last: one record, however often it is refreshed. Times are
 * in milliseconds since the epoch.
 */
export type Grant = z.infer<typeof grantSchema>;

const grantSchema = record({
  /** Derived from the challenge that became it; see {@link successorId}. */
  id: z.string(),
  model: z.enum(['pkce', 'wallet', 'client']),
  clientId: z.string(),
  /** Of all resources. */
  scope: list(z.string()),
  /** Absent: this server alone. */
  audience: optional(grantedAudienceSchema),
  authentication: authenticationSchema,
  proof: z.union([signatureProofSchema, codeProofSchema]),
  /** Of the session in whose browser it began; a wallet login of the API has none. */
  sessionId: optional(z.string()),
  /** When its challenge was redeemed. */
  createdAt: time,
  /** When the last token that it can issue has expired; until then a replay of its challenge is recognised. */
  expiresAt: time,
  /** Present: it was ended, and none of its tokens is worth anything. */
  revokedAt: optional(time),
  /** Access tokens that were revoked alone and have not expired. */
  revokedTokens: optional(list(revokedTokenSchema)),
  /** Absent: it has no refresh tokens. */
  refresh: optional(refreshStateSchema),
});

export const grantRecords: RecordType<Grant> = { name: 'grants', schema: grantSchema, key: 'id' };

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

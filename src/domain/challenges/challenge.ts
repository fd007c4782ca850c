import * as z from 'zod';
import { list, optional, record, type RecordType, time } from '../../platform/storage/record-schema';
import { grantedAudienceSchema } from '../apis/granted-audience';
import { authenticationSchema } from '../identity/authentication';

/** Seconds that an expired challenge is kept for at least, so that its holder is told that it expired, not that it never was. */
export const expiredChallengeKept = 30;

const base = {
  /** SHA-256 of a code in base64url; a nonce, which is public, as it is. */
  id: z.string(),
  /** Milliseconds since the epoch, as all times of a record. */
  createdAt: time,
  expiresAt: time,
};

/** Of what another request will redeem. */
const traceable = {
  /** The `traceparent` of the request that made it, where that was sampled. Source: W3C Trace Context §3.2. */
  trace: optional(z.string()),
};

/** The client committed to a hash; it will be redeemed by what was hashed. Source: RFC 7636 §4.4. */
export type AuthorizationCode = z.infer<typeof authorizationCodeSchema>;

const authorizationCodeSchema = record({
  ...base,
  ...traceable,
  kind: z.literal('authorization_code'),
  clientId: z.string(),
  redirectUri: z.string(),
  codeChallenge: z.string(),
  scope: list(z.string()),
  audience: optional(grantedAudienceSchema),
  /** OpenID Connect's `nonce`, for the ID token. */
  oidcNonce: optional(z.string()),
  /** The RFC 7638 thumbprint of the key that redeems it, where the request named one. Source: RFC 9449 §10. */
  dpopJkt: optional(z.string()),
  authentication: authenticationSchema,
  /** Of the session that it was issued in, with which it ends. */
  sessionId: z.string(),
  /** The latest end of the client's access that the session knew of when it was read; a later one ends the code. */
  accessEnd: optional(z.string()),
});

const signInMessage = {
  ...base,
  ...traceable,
  /** The EIP-55 address that the nonce belongs to from the start. */
  wallet: z.string(),
  chainId: z.number(),
  clientId: z.string(),
  /** The EIP-4361 message, byte for byte as it was issued. */
  message: z.string(),
  scope: list(z.string()),
  audience: optional(grantedAudienceSchema),
};

/** The client committed to an address; it will be redeemed by a signature of its key. Source: EIP-4361. */
export type WalletChallenge = z.infer<typeof walletChallengeSchema>;

const walletChallengeSchema = record({
  ...signInMessage,
  kind: z.literal('wallet_challenge'),
  /** Present: the signature must come with the verifier that hashes to it. Source: RFC 7636 §4.2. */
  codeChallenge: optional(z.string()),
});

/** A wallet challenge of the login page: it becomes a session and is worth nothing at `/wallet/verify`. */
export type WalletLogin = z.infer<typeof walletLoginSchema>;

const walletLoginSchema = record({
  ...signInMessage,
  kind: z.literal('wallet_login'),
});

/**
 * A nonce that was handed out before anybody knows the account: the wallet writes the message with it, and whoever signs
 * one redeems it. Source: EIP-4361; docs/http-api.md, section Wallet model.
 */
export type WalletNonce = z.infer<typeof walletNonceSchema>;

const walletNonceSchema = record({
  ...base,
  ...traceable,
  kind: z.literal('wallet_nonce'),
  clientId: z.string(),
  scope: list(z.string()),
  audience: optional(grantedAudienceSchema),
  /** That the client asked for; absent: any that may sign in. */
  chainId: optional(z.number()),
  /** With which the statement of the message must begin: what a third party will be able to do. */
  statement: optional(z.string()),
  /** As of a challenge: the message must come with the verifier that hashes to it. Source: RFC 7636 §4.2. */
  codeChallenge: optional(z.string()),
});

/** The `jti` of a client assertion, kept only so that it is refused a second time. Source: RFC 7523 §3. */
export type ClientAssertion = z.infer<typeof clientAssertionSchema>;

const clientAssertionSchema = record({
  ...base,
  kind: z.literal('client_assertion'),
  clientId: z.string(),
});

/** An authorization request that its client sent ahead, until a browser opens it. Source: RFC 9126 §2.2. */
export type PushedRequest = z.infer<typeof pushedRequestSchema>;

const pushedRequestSchema = record({
  ...base,
  kind: z.literal('pushed_request'),
  clientId: z.string(),
  /** The parameters, as a query. */
  request: z.string(),
});

/** A pushed request that a browser has opened, and no other can: it becomes one code. Source: docs/http-api.md, section `POST /par`. */
export type OpenedRequest = z.infer<typeof openedRequestSchema>;

const openedRequestSchema = record({
  ...base,
  kind: z.literal('opened_request'),
  clientId: z.string(),
  request: z.string(),
  /** Stands for the browser: the hash of a secret in its cookie. */
  browser: z.string(),
});

/**
 * The `jti` of a DPoP proof under its key, kept only so that it is refused a second time, and no longer than the proof
 * would be accepted. Source: RFC 9449 §11.1.
 */
export type UsedDpopProof = z.infer<typeof usedDpopProofSchema>;

const usedDpopProofSchema = record({
  ...base,
  kind: z.literal('dpop_proof'),
  clientId: z.string(),
});

export type Challenge = z.infer<typeof challengeSchema>;

export const challengeSchema = z.union([
  authorizationCodeSchema,
  walletChallengeSchema,
  walletLoginSchema,
  walletNonceSchema,
  clientAssertionSchema,
  pushedRequestSchema,
  openedRequestSchema,
  usedDpopProofSchema,
]);

export const challengeRecords: RecordType<Challenge> = { name: 'challenges', schema: challengeSchema, key: 'id' };

export type ChallengeKind = Challenge['kind'];
export type ChallengeOf<Kind extends ChallengeKind> = Extract<Challenge, { kind: Kind }>;

/** What is kept so that it is refused a second time: it outlives its client, and nobody redeems it. */
export const usedOnceKinds = ['client_assertion', 'dpop_proof'] as const satisfies readonly ChallengeKind[];

type ScalarKeys<Record> = {
  [Key in keyof Record]-?: Record[Key] extends string | number ? Key : never;
}[keyof Record];

/** Of these a challenge may have none: it is then for whoever agrees with it in the rest. */
export const absentOrEqual = 'dpopJkt';

/**
 * What a challenge must equal, field by field, to be redeemed; in {@link absentOrEqual}, where it is given, even as
 * undefined, a challenge that has one must equal it.
 */
export type ChallengeMatch<Kind extends ChallengeKind> = Partial<
  Pick<ChallengeOf<Kind>, Exclude<ScalarKeys<ChallengeOf<Kind>>, 'kind' | 'id' | typeof absentOrEqual>>
> & { readonly [absentOrEqual]?: string | undefined };

import * as z from 'zod';
import { list, optional, record, type RecordType, time } from '../../platform/storage/record-schema';
import { grantedAudienceSchema } from '../apis/granted-audience';
import { authenticationSchema } from '../identity/authentication';

/** Seconds that an expired challenge is kept, so that its owner gets "expired" and not "unknown". */
export const expiredChallengeKept = 30;

const base = {
  /** SHA-256 of a code in base64url; a nonce, which is public, in plain. */
  id: z.string(),
  /** Milliseconds since the epoch, like all times of a record. */
  createdAt: time,
  expiresAt: time,
};

/** For challenges that a later request redeems. */
const traceable = {
  /** The `traceparent` of the request that created it, if sampled. Source: W3C Trace Context §3.2. */
  trace: optional(z.string()),
};

/** The client committed to a hash; the hashed value redeems the code. Source: RFC 7636 §4.4. */
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
  /** RFC 7638 thumbprint of the key that must redeem it, if the request named one. Source: RFC 9449 §10. */
  dpopJkt: optional(z.string()),
  authentication: authenticationSchema,
  /** The session that it was issued in; the code ends with it. */
  sessionId: z.string(),
  /** Latest end of the client's access in the session when the code was issued; a later one ends the code. */
  accessEnd: optional(z.string()),
});

const signInMessage = {
  ...base,
  ...traceable,
  /** The EIP-55 address that the nonce was issued to. */
  wallet: z.string(),
  chainId: z.number(),
  clientId: z.string(),
  /** The EIP-4361 message, byte for byte as issued. */
  message: z.string(),
  scope: list(z.string()),
  audience: optional(grantedAudienceSchema),
};

/** The client committed to an address; a signature by its key redeems the challenge. Source: EIP-4361. */
export type WalletChallenge = z.infer<typeof walletChallengeSchema>;

const walletChallengeSchema = record({
  ...signInMessage,
  kind: z.literal('wallet_challenge'),
  /** Present: the request must also carry the matching code_verifier. Source: RFC 7636 §4.2. */
  codeChallenge: optional(z.string()),
});

/** A wallet challenge of the login page: it becomes a session and is not accepted at `/wallet/verify`. */
export type WalletLogin = z.infer<typeof walletLoginSchema>;

const walletLoginSchema = record({
  ...signInMessage,
  kind: z.literal('wallet_login'),
});

/** A wallet challenge of the account page: it links the account to its user, and nothing else. */
export type WalletLink = z.infer<typeof walletLinkSchema>;

const walletLinkSchema = record({
  ...signInMessage,
  kind: z.literal('wallet_link'),
  /** The user who will own the wallet. */
  sub: z.string(),
});

/** A challenge of the login page, bound to an origin by the browser itself; it becomes a session. Source: WebAuthn Level 3 §13.4.3. */
export type PasskeyLogin = z.infer<typeof passkeyLoginSchema>;

const passkeyLoginSchema = record({
  /** The challenge itself, base64url: it is public. */
  ...base,
  kind: z.literal('passkey_login'),
  /** The client of the interrupted request; the issuer without one. */
  clientId: z.string(),
  /** SHA-256 of the secret in the browser's cookie. */
  browser: z.string(),
});

/** A challenge for a new passkey, by whom it is asked for. Source: WebAuthn Level 3 §7.1. */
export type PasskeyCreation = z.infer<typeof passkeyCreationSchema>;

const passkeyCreationSchema = record({
  ...base,
  kind: z.literal('passkey_creation'),
  /** The issuer: the account page is its own client. */
  clientId: z.string(),
  browser: z.string(),
  /** Whose passkey it will be: `user <id>` at the account page, `link <hash>` of a link's secret, `sign-up <username>`. */
  owner: z.string(),
  /** The `user.id` in its options, base64url. */
  userHandle: z.string(),
});

/**
 * A nonce issued before the account is known: the wallet writes the message with it, and any signer redeems it.
 * Source: EIP-4361; docs/http-api.md, section Wallet model.
 */
export type WalletNonce = z.infer<typeof walletNonceSchema>;

const walletNonceSchema = record({
  ...base,
  ...traceable,
  kind: z.literal('wallet_nonce'),
  clientId: z.string(),
  scope: list(z.string()),
  audience: optional(grantedAudienceSchema),
  /** The chain that the client asked for; absent: any supported one. */
  chainId: optional(z.number()),
  /** The statement of the message must begin with this: it says what a third party will be able to do. */
  statement: optional(z.string()),
  /** Present: the request must also carry the matching code_verifier. Source: RFC 7636 §4.2. */
  codeChallenge: optional(z.string()),
});

/** The `jti` of a client assertion, stored to refuse a replay. Source: RFC 7523 §3. */
const clientAssertionSchema = record({
  ...base,
  kind: z.literal('client_assertion'),
  clientId: z.string(),
});

/** A pushed authorization request, until a browser opens it. Source: RFC 9126 §2.2. */
export type PushedRequest = z.infer<typeof pushedRequestSchema>;

const pushedRequestSchema = record({
  ...base,
  kind: z.literal('pushed_request'),
  clientId: z.string(),
  /** The parameters, as a query string. */
  request: z.string(),
});

/**
 * A pushed request that one browser has opened; no other can, and it becomes one code.
 * Source: docs/http-api.md, section `POST /par`.
 */
export type OpenedRequest = z.infer<typeof openedRequestSchema>;

const openedRequestSchema = record({
  ...base,
  kind: z.literal('opened_request'),
  clientId: z.string(),
  request: z.string(),
  /** SHA-256 of the secret in the browser's cookie. */
  browser: z.string(),
});

/**
 * The `jti` of a DPoP proof under its key, stored to refuse a replay for as long as the proof would be accepted.
 * Source: RFC 9449 §11.1.
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
  walletLinkSchema,
  walletNonceSchema,
  passkeyLoginSchema,
  passkeyCreationSchema,
  clientAssertionSchema,
  pushedRequestSchema,
  openedRequestSchema,
  usedDpopProofSchema,
]);

export const challengeRecords: RecordType<Challenge> = { name: 'challenges', schema: challengeSchema, key: 'id' };

export type ChallengeKind = Challenge['kind'];
export type ChallengeOf<Kind extends ChallengeKind> = Extract<Challenge, { kind: Kind }>;

/** The replay cache: nobody redeems these, and they outlive their client. */
export const usedOnceKinds = ['client_assertion', 'dpop_proof'] as const satisfies readonly ChallengeKind[];

type ScalarKeys<Record> = {
  [Key in keyof Record]-?: Record[Key] extends string | number ? Key : never;
}[keyof Record];

/** May be absent from a challenge, which then matches any value. */
export const absentOrEqual = 'dpopJkt';

/**
 * What a challenge must equal, field by field, to be redeemed. {@link absentOrEqual} is compared when given, even as undefined:
 * a challenge that has the field must equal it.
 */
export type ChallengeMatch<Kind extends ChallengeKind> = Partial<
  Pick<ChallengeOf<Kind>, Exclude<ScalarKeys<ChallengeOf<Kind>>, 'kind' | 'id' | typeof absentOrEqual>>
> & { readonly [absentOrEqual]?: string | undefined };

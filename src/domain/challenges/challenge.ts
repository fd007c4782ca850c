import type { GrantedAudience } from '../apis/granted-audience';
import type { Authentication } from '../identity/authentication';

/** Seconds that an expired challenge is kept for at least, so that its holder is told that it expired, not that it never was. */
export const expiredChallengeKept = 30;

interface ChallengeBase {
  /** SHA-256 of a code in base64url; a nonce, which is public, as it is. */
  readonly id: string;
  /** Milliseconds since the epoch, as all times of a record. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Of what another request will redeem. */
interface Traceable {
  /** The `traceparent` of the request that made it, where that was sampled. Source: W3C Trace Context §3.2. */
  readonly trace?: string;
}

/** The client committed to a hash; it will be redeemed by what was hashed. Source: RFC 7636 §4.4. */
export interface AuthorizationCode extends ChallengeBase, Traceable {
  readonly kind: 'authorization_code';
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly scope: readonly string[];
  readonly audience?: GrantedAudience;
  /** OpenID Connect's `nonce`, for the ID token. */
  readonly oidcNonce?: string;
  /** The RFC 7638 thumbprint of the key that redeems it, where the request named one. Source: RFC 9449 §10. */
  readonly dpopJkt?: string;
  readonly authentication: Authentication;
  /** Of the session that it was issued in, with which it ends. */
  readonly sessionId: string;
  /** The latest end of the client's access that the session knew of when it was read; a later one ends the code. */
  readonly accessEnd?: string;
}

interface SignInMessage extends ChallengeBase, Traceable {
  /** The EIP-55 address that the nonce belongs to from the start. */
  readonly wallet: string;
  readonly chainId: number;
  readonly clientId: string;
  /** The EIP-4361 message, byte for byte as it was issued. */
  readonly message: string;
  readonly scope: readonly string[];
  readonly audience?: GrantedAudience;
}

/** The client committed to an address; it will be redeemed by a signature of its key. Source: EIP-4361. */
export interface WalletChallenge extends SignInMessage {
  readonly kind: 'wallet_challenge';
  /** Present: the signature must come with the verifier that hashes to it. Source: RFC 7636 §4.2. */
  readonly codeChallenge?: string;
}

/** A wallet challenge of the login page: it becomes a session and is worth nothing at `/wallet/verify`. */
export interface WalletLogin extends SignInMessage {
  readonly kind: 'wallet_login';
}

/**
 * A nonce that was handed out before anybody knows the account: the wallet writes the message with it, and whoever signs
 * one redeems it. Source: EIP-4361; docs/http-api.md, section Wallet model.
 */
export interface WalletNonce extends ChallengeBase, Traceable {
  readonly kind: 'wallet_nonce';
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly audience?: GrantedAudience;
  /** That the client asked for; absent: any that may sign in. */
  readonly chainId?: number;
  /** With which the statement of the message must begin: what a third party will be able to do. */
  readonly statement?: string;
  /** As of a challenge: the message must come with the verifier that hashes to it. Source: RFC 7636 §4.2. */
  readonly codeChallenge?: string;
}

/** The `jti` of a client assertion, kept only so that it is refused a second time. Source: RFC 7523 §3. */
export interface ClientAssertion extends ChallengeBase {
  readonly kind: 'client_assertion';
  readonly clientId: string;
}

/** An authorization request that its client sent ahead, until a browser opens it. Source: RFC 9126 §2.2. */
export interface PushedRequest extends ChallengeBase {
  readonly kind: 'pushed_request';
  readonly clientId: string;
  /** The parameters, as a query. */
  readonly request: string;
}

/** A pushed request that a browser has opened, and no other can: it becomes one code. Source: docs/http-api.md, section `POST /par`. */
export interface OpenedRequest extends ChallengeBase {
  readonly kind: 'opened_request';
  readonly clientId: string;
  readonly request: string;
  /** Stands for the browser: the hash of a secret in its cookie. */
  readonly browser: string;
}

/**
 * The `jti` of a DPoP proof under its key, kept only so that it is refused a second time, and no longer than the proof
 * would be accepted. Source: RFC 9449 §11.1.
 */
export interface UsedDpopProof extends ChallengeBase {
  readonly kind: 'dpop_proof';
  readonly clientId: string;
}

export type Challenge =
  | AuthorizationCode
  | WalletChallenge
  | WalletLogin
  | WalletNonce
  | ClientAssertion
  | PushedRequest
  | OpenedRequest
  | UsedDpopProof;
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

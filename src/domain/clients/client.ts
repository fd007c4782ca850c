import type { JSONWebKeySet } from 'jose';
import * as z from 'zod';
import { signingAlgorithms } from '../../platform/settings';
import { list, optional, record, time } from '../../platform/storage/record-schema';

export const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'] as const;
export type GrantType = (typeof grantTypes)[number];

/** A client secret; at most two are accepted at once, while one replaces the other. */
export type ClientSecret = z.infer<typeof clientSecretSchema>;

export const clientSecretSchema = record({
  /** SHA-256 of the secret, base64url. */
  hash: z.string(),
  /** Milliseconds since the epoch when it stops being accepted; absent: never. */
  until: optional(z.number()),
});

/**
 * A registered client. An absent field has the default that its comment names. Source: RFC 6749 §2, RFC 7591 §2,
 * docs/http-api.md.
 */
export type Client = z.infer<typeof clientSchema>;

export const clientSchema = record({
  clientId: z.string(),
  name: z.string(),
  clientUri: optional(z.string()),
  logoUri: optional(z.string()),
  /** `client_secret` covers client_secret_basic and client_secret_post. */
  authentication: z.enum(['none', 'client_secret', 'private_key_jwt']),
  /** The method that the client registered; client_secret_basic by default. Both are accepted. */
  secretMethod: optional(z.enum(['client_secret_basic', 'client_secret_post'])),
  /** Newest first. */
  secrets: optional(list(clientSecretSchema)),
  /** The public keys of a private_key_jwt client. */
  jwks: optional(z.custom<JSONWebKeySet>()),
  jwksUri: optional(z.string()),
  /** `web` by default. */
  applicationType: optional(z.enum(['web', 'native'])),
  redirectUris: list(z.string()),
  postLogoutRedirectUris: optional(list(z.string())),
  backchannelLogoutUri: optional(z.string()),
  /** For a client with redirect URIs `authorization_code` by default. */
  grantTypes: optional(list(z.enum(grantTypes))),
  /** A first-party client needs no consent page. */
  firstParty: z.boolean(),
  /** Whether `/authorize` requires `state`; true by default. */
  requireState: optional(z.boolean()),
  scopes: list(z.string()),
  /** Identifier of the API that its tokens are for when it requests none; the issuer by default. */
  defaultResource: optional(z.string()),
  /** Whether its ID tokens contain the `profile` and `email` claims; false by default. */
  idTokenClaims: optional(z.boolean()),
  idTokenAlgorithm: z.enum(signingAlgorithms),
  /** Seconds in which the latest rotation of a refresh token may be retried; 10 by default. */
  refreshTokenGrace: optional(z.number()),
  requirePushedAuthorizationRequests: optional(z.boolean()),
  dpopBoundAccessTokens: optional(z.boolean()),
  dpopNonceRequired: optional(z.boolean()),
  /** May use `/wallet/*`: the origin in its sign-in messages. */
  walletOrigin: optional(z.string()),
  /** Who writes the message; `server` by default. */
  walletMessage: optional(z.enum(['server', 'wallet'])),
  /** Seconds; by default WALLET_CHALLENGE_TTL. */
  walletChallengeLifetime: optional(z.number()),
  /** Used by an operator's probe. */
  synthetic: optional(z.boolean()),
  /** Milliseconds since the epoch; absent for clients of the development seed or of a comparison run. */
  registeredAt: optional(z.number()),
  /**
   * `run`: by a comparison run, whose clients come and go; `itself`: at `/register`; `document`: its id is the URL of its
   * metadata document; absent: by an administrator, and only these are named in metrics.
   */
  registeredBy: optional(z.enum(['run', 'itself', 'document'])),
  /** SHA-256 of its registration access token, base64url. Source: RFC 7592 §3. */
  registrationTokenHash: optional(z.string()),
  /** Whether it may ask for every scope of the APIs that allow self-registered clients. */
  everyScope: optional(z.boolean()),
  /** Milliseconds since the epoch until which its metadata document need not be fetched again. */
  freshUntil: optional(z.number()),
  /** Milliseconds since the epoch from which the client no longer exists; absent: never. */
  expiresAt: optional(time),
  /** Made by the development seed; production refuses a store that holds one. */
  demo: z.boolean(),
  /** Named by a file of `tessera apply`, which removes it once no file names it any more. */
  managed: optional(z.boolean()),
});

/** True for a client that no administrator registered: an API says whether such a client may ask for it. */
export function isSelfRegistered({ registeredBy }: Pick<Client, 'registeredBy'>): boolean {
  return registeredBy === 'itself' || registeredBy === 'document';
}

/**
 * True when a grant of the scope gets a refresh token: with `offline_access`, or for a client that registered itself for
 * refresh tokens, as many do without ever asking for that scope. Source: OpenID Connect Core §11, RFC 7591 §2,
 * docs/http-api.md.
 */
export function mayRefresh(client: Pick<Client, 'registeredBy' | 'grantTypes'>, scope: readonly string[]): boolean {
  if (scope.includes('offline_access')) return true;
  return isSelfRegistered(client) && client.grantTypes?.includes('refresh_token') === true;
}

import type { JSONWebKeySet } from 'jose';
import * as z from 'zod';
import { signingAlgorithms } from '../../platform/settings';
import { list, optional, record, time } from '../../platform/storage/record-schema';

export const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'] as const;
export type GrantType = (typeof grantTypes)[number];

/** One of the secrets of a client: two at most are accepted at once, while one replaces the other. */
export type ClientSecret = z.infer<typeof clientSecretSchema>;

export const clientSecretSchema = record({
  /** SHA-256 of the secret, base64url. */
  hash: z.string(),
  /** Milliseconds since the epoch, from which on it is not accepted; absent: never. */
  until: optional(z.number()),
});

/** A registered client. An absent field has the default of its line. Source: RFC 6749 §2, RFC 7591 §2, docs/http-api.md. */
export type Client = z.infer<typeof clientSchema>;

export const clientSchema = record({
  clientId: z.string(),
  name: z.string(),
  clientUri: optional(z.string()),
  logoUri: optional(z.string()),
  /** `client_secret` admits client_secret_basic and client_secret_post. */
  authentication: z.enum(['none', 'client_secret', 'private_key_jwt']),
  /** Which of the two a client with a secret said that it uses; client_secret_basic by default. */
  secretMethod: optional(z.enum(['client_secret_basic', 'client_secret_post'])),
  /** The newest first. */
  secrets: optional(list(clientSecretSchema)),
  /** The public keys of a client that authenticates by private_key_jwt. */
  jwks: optional(z.custom<JSONWebKeySet>()),
  jwksUri: optional(z.string()),
  /** `web` by default. */
  applicationType: optional(z.enum(['web', 'native'])),
  redirectUris: list(z.string()),
  postLogoutRedirectUris: optional(list(z.string())),
  backchannelLogoutUri: optional(z.string()),
  /** By default `authorization_code` of a client with redirect URIs. */
  grantTypes: optional(list(z.enum(grantTypes))),
  /** A first-party client is trusted without a consent page. */
  firstParty: z.boolean(),
  /** Whether `/authorize` wants a `state` of it; true by default. */
  requireState: optional(z.boolean()),
  scopes: list(z.string()),
  /** The identifier of the API that its tokens are for when it names none; the issuer by default. */
  defaultResource: optional(z.string()),
  /** Whether the claims of `profile` and `email` stand in its ID tokens too; false by default. */
  idTokenClaims: optional(z.boolean()),
  idTokenAlgorithm: z.enum(signingAlgorithms),
  /** Seconds in which the latest rotation of a refresh token can be repeated; 10 by default. */
  refreshTokenGrace: optional(z.number()),
  requirePushedAuthorizationRequests: optional(z.boolean()),
  dpopBoundAccessTokens: optional(z.boolean()),
  dpopNonceRequired: optional(z.boolean()),
  /** May use `/wallet/*`: the origin that its sign-in messages name. */
  walletOrigin: optional(z.string()),
  /** Who writes the message; `server` by default. */
  walletMessage: optional(z.enum(['server', 'wallet'])),
  /** Seconds; by default WALLET_CHALLENGE_TTL. */
  walletChallengeLifetime: optional(z.number()),
  /** Belongs to a probe of the operator's. */
  synthetic: optional(z.boolean()),
  /** Milliseconds since the epoch; absent of a client of the development seed or of a run. */
  registeredAt: optional(z.number()),
  /**
   * `run`: by a run of the comparison, whose clients come and go; `itself`: at `/register`; `document`: its id is the URL of
   * its metadata document; absent: by an administrator. The metrics name no other.
   */
  registeredBy: optional(z.enum(['run', 'itself', 'document'])),
  /** SHA-256 of its registration access token, base64url. Source: RFC 7592 §3. */
  registrationTokenHash: optional(z.string()),
  /** Whether it may ask for any scope of the APIs that clients may ask for which registered themselves. */
  everyScope: optional(z.boolean()),
  /** Milliseconds since the epoch, until which its metadata document need not be fetched again. */
  freshUntil: optional(z.number()),
  /** Milliseconds since the epoch, from which on there is no such client; absent: never. */
  expiresAt: optional(time),
  /** Made by the development seed; production refuses a store that holds one. */
  demo: z.boolean(),
});

/** True for a client that no administrator knows: an API says whether it may ask for it. */
export function isSelfRegistered({ registeredBy }: Pick<Client, 'registeredBy'>): boolean {
  return registeredBy === 'itself' || registeredBy === 'document';
}

/**
 * True when a grant of the scope has a refresh token: with `offline_access`, and where a client has registered itself for
 * one, as many do that never ask for that scope. Source: OpenID Connect Core §11, RFC 7591 §2, docs/http-api.md.
 */
export function mayRefresh(client: Pick<Client, 'registeredBy' | 'grantTypes'>, scope: readonly string[]): boolean {
  if (scope.includes('offline_access')) return true;
  return isSelfRegistered(client) && client.grantTypes?.includes('refresh_token') === true;
}

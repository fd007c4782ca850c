import type { JSONWebKeySet } from 'jose';
import type { SigningAlgorithm } from '../../platform/config';

/** One of the secrets of a client: two at most are accepted at once, while one replaces the other. */
export interface ClientSecret {
  /** SHA-256 of the secret, base64url. */
  readonly hash: string;
  /** Milliseconds since the epoch, from which on it is not accepted; absent: never. */
  readonly until?: number;
}

/** A registered client. An absent field has the default of its line. Source: RFC 6749 §2, RFC 7591 §2, docs/http-api.md. */
export interface Client {
  readonly clientId: string;
  readonly name: string;
  readonly clientUri?: string;
  readonly logoUri?: string;
  /** `client_secret` admits client_secret_basic and client_secret_post. */
  readonly authentication: 'none' | 'client_secret' | 'private_key_jwt';
  /** Which of the two a client with a secret said that it uses; client_secret_basic by default. */
  readonly secretMethod?: 'client_secret_basic' | 'client_secret_post';
  /** The newest first. */
  readonly secrets?: readonly ClientSecret[];
  /** The public keys of a client that authenticates by private_key_jwt. */
  readonly jwks?: JSONWebKeySet;
  readonly jwksUri?: string;
  /** `web` by default. */
  readonly applicationType?: 'web' | 'native';
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  readonly backchannelLogoutUri?: string;
  /** By default `authorization_code` of a client with redirect URIs. */
  readonly grantTypes?: readonly GrantType[];
  /** A first-party client is trusted without a consent page. */
  readonly firstParty: boolean;
  /** Whether `/authorize` wants a `state` of it; true by default. */
  readonly requireState?: boolean;
  readonly scopes: readonly string[];
  /** The identifier of the API that its tokens are for when it names none; the issuer by default. */
  readonly defaultResource?: string;
  /** Whether the claims of `profile` and `email` stand in its ID tokens too; false by default. */
  readonly idTokenClaims?: boolean;
  readonly idTokenAlgorithm: SigningAlgorithm;
  /** Seconds in which the latest rotation of a refresh token can be repeated; 10 by default. */
  readonly refreshTokenGrace?: number;
  readonly requirePushedAuthorizationRequests?: boolean;
  readonly dpopBoundAccessTokens?: boolean;
  readonly dpopNonceRequired?: boolean;
  /** May use `/wallet/*`: the origin that its sign-in messages name. */
  readonly walletOrigin?: string;
  /** Who writes the message; `server` by default. */
  readonly walletMessage?: 'server' | 'wallet';
  /** Seconds; by default WALLET_CHALLENGE_TTL. */
  readonly walletChallengeLifetime?: number;
  /** Belongs to a probe of the operator's. */
  readonly synthetic?: boolean;
  /** Milliseconds since the epoch; absent of a client of the development seed or of a run. */
  readonly registeredAt?: number;
  /**
   * `run`: by a run of the comparison, whose clients come and go; `itself`: at `/register`; `document`: its id is the URL of
   * its metadata document; absent: by an administrator. The metrics name no other.
   */
  readonly registeredBy?: 'run' | 'itself' | 'document';
  /** SHA-256 of its registration access token, base64url. Source: RFC 7592 §3. */
  readonly registrationTokenHash?: string;
  /** Whether it may ask for any scope of the APIs that clients may ask for which registered themselves. */
  readonly everyScope?: boolean;
  /** Milliseconds since the epoch, until which its metadata document need not be fetched again. */
  readonly freshUntil?: number;
  /** Milliseconds since the epoch, from which on there is no such client; absent: never. */
  readonly expiresAt?: number;
  /** Made by the development seed; production refuses a store that holds one. */
  readonly demo: boolean;
}

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

export const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'] as const;
export type GrantType = (typeof grantTypes)[number];

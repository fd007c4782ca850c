import type { JSONWebKeySet } from 'jose';
import type { SigningAlgorithm } from '../config';

/** A registered client. Source: RFC 6749 §2, RFC 7591 §2. */
export interface Client {
  readonly clientId: string;
  readonly name: string;
  /** `client_secret` admits client_secret_basic and client_secret_post. */
  readonly authentication: 'none' | 'client_secret' | 'private_key_jwt';
  /** SHA-256 of the secret, base64url. */
  readonly secretHash?: string;
  /** The public keys of a client that authenticates by private_key_jwt. */
  readonly jwks?: JSONWebKeySet;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  /** A first-party client is trusted without a consent page. */
  readonly firstParty: boolean;
  readonly scopes: readonly string[];
  /** May use `/wallet/*`: the origin that its sign-in messages name. */
  readonly walletOrigin?: string;
  readonly idTokenAlgorithm: SigningAlgorithm;
  /** Made by the development seed; production refuses a store that holds one. */
  readonly demo: boolean;
}

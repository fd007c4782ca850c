/** `@tessera/client`: log in with Tessera from browsers, Node and React Native. */
export type { Fetch, Members } from './answer.ts';
export { createClient } from './client.ts';
export type {
  Browser,
  Client,
  ClientOptions,
  FinishedLogin,
  LoginOptions,
  LoginParameters,
  LogoutOptions,
  LogoutRequest,
} from './client-options.ts';
export {
  type Dpop,
  dpop,
  type DpopOptions,
  indexedDbKeys,
  type KeyStorage,
  memoryKeys,
  type ProvenRequest,
} from './dpop.ts';
export { type Locks, platformLocks, processLocks } from './locks.ts';
export { stepUpOf } from './step-up.ts';
export { sharedStorage, type SharedStorageOptions } from './shared-storage.ts';
export type { WebCrypto } from './web-crypto.ts';
export {
  type Advice,
  type ClientErrorCode,
  type ErrorCode,
  type ErrorDetails,
  type Reason,
  type ServiceErrorCode,
  TesseraError,
} from './errors.ts';
export type { ServiceReason } from './reasons.ts';
export { createDiscovery, type Discovery, type DiscoveryOptions, type Jwk, type Metadata } from './discovery.ts';
export {
  type Awaitable,
  type ClientStorage,
  memoryStorage,
  sessionStorageOf,
  type WebStorage,
  webStorage,
} from './storage.ts';
export type { IdTokenClaims, TokenSet, UserInfo } from './tokens.ts';

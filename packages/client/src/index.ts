/** `@tessera/client`: log in with Tessera from browsers, Node and React Native. */
export { type Advice, type ClientErrorCode, type ErrorCode, type ServiceErrorCode, TesseraError } from './errors.ts';
export { createDiscovery, type Discovery, type DiscoveryOptions, type Jwk, type Metadata } from './discovery.ts';
export {
  type ClientStorage,
  memoryStorage,
  type SecureStore,
  secureStorage,
  sessionStorageOf,
  type WebStorage,
  webStorage,
} from './storage.ts';
export type { IdTokenClaims, TokenSet } from './tokens.ts';

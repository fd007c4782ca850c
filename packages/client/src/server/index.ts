/** `@tessera/client/server`: verifies access tokens in APIs. Needs the package `jose`. */
export type { AccessToken, AccessTokenClaims } from './access-token.ts';
export type { Fetch } from '../answer.ts';
export { type DpopNonces, keyedDpopNonces } from './dpop-nonces.ts';
export {
  type ActiveToken,
  type Introspect,
  type Introspection,
  introspection,
  IntrospectionError,
  type IntrospectionOptions,
} from './introspection.ts';
export {
  type Authorized,
  type OptionallyAuthorized,
  type ProtectedResource,
  protectedResource,
  type ProtectedResourceOptions,
} from './protected-resource.ts';
export { ProcessReplayMemory, type ReplayMemory, type ReplayOutcome, type UsedProof } from './replay-memory.ts';
export type { OptionalRequirement, Requirement, TokenRequirement } from './requirement.ts';
export {
  ResourceError,
  type ResourceErrorCode,
  type ResourceErrorDefinition,
  type ResourceErrorReason,
  resourceErrors,
} from './resource-error.ts';
export { metadataHeaders, type MetadataLocation, type ResourceMetadata } from './resource-metadata.ts';
export type { RequestHeaders, ResourceRequest } from './resource-request.ts';
